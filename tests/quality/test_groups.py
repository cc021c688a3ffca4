"""Groups by file name, by day and by copies."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tlcore.errors import GraftError
from tlcore.quality.groups import by_copies, by_day, by_pattern, suggest_pattern

if TYPE_CHECKING:
    from tests.quality.conftest import Clinic


@pytest.mark.parametrize(
    ("pattern", "name", "group"),
    [
        ("{group}_*", "P07_01.jpg", "P07"),
        ("{group}_*.jpg", "train/rust/P07_01.JPG", "P07"),
        ("{group}_*", "no underscore.jpg", None),
        ("scan #-{group}.*", "scan 12-left.png", "left"),
        ("scan #-{group}.*", "scan x-left.png", None),
        ("*/{group}/*", "rust/monday/1.jpg", "monday"),
        ("*/{group}/*", "rust\\monday\\1.jpg", "monday"),
        ("a.b{group}c*", "a.bXc1", "X"),
        ("a.b{group}c*", "aYbXc1", None),
        ("{group}(1)*", "leaf(1).jpg", "leaf"),
        ("{group}#.jpg", "leaf12.jpg", "leaf"),
        ("*_{group}_*.jpg", "a_b_c_d.jpg", "b"),
        ("*_{group}.jpg", "a_b_c.jpg", "b_c"),
        ("P#_{group}", "P12_left.png", "left.png"),
    ],
)
def test_a_pattern_finds_the_group(pattern: str, name: str, group: str | None) -> None:
    assert by_pattern([name], pattern) == [group]


@pytest.mark.parametrize(
    "pattern", ["", "*.jpg", "{group}{group}", "*{group}_", "{group}*", "_" * 300]
)
def test_a_pattern_that_makes_no_sense_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(GraftError) as refusal:
        by_pattern(["a.jpg"], pattern)
    assert "{group}" in refusal.value.remedy


@given(st.text(max_size=40), st.lists(st.text(max_size=60), max_size=5))
def test_any_text_is_a_pattern_or_refused(pattern: str, names: list[str]) -> None:
    try:
        matched = by_pattern(names, pattern)
    except GraftError:
        return
    assert len(matched) == len(names) and "" not in matched


def test_a_hostile_pattern_takes_no_time() -> None:
    began = time.perf_counter()
    for pattern in ("*a*a*a*a*a*a{group}b", "*a*a*a{group}a*a*a*ab", "#*#*#*#-{group}-"):
        assert by_pattern(["a" * 300, "1" * 300], pattern) == [None, None]
    assert time.perf_counter() - began < 20  # seconds; by trying everything it would be years


def test_a_pattern_is_suggested_where_one_fits() -> None:
    names = [f"P{patient:02}_{shot}.jpg" for patient in range(8) for shot in range(6)]
    assert suggest_pattern(names) == "{group}_*"
    assert suggest_pattern([f"IMG{number}.jpg" for number in range(40)]) is None


def test_a_pattern_that_only_finds_the_labels_is_not_suggested() -> None:
    flowers = ("daisy", "roses", "tulips")
    names = [f"{flower}_{shot:03}.jpg" for flower in flowers for shot in range(30)]
    labels: list[int | None] = [1 + place // 30 for place in range(90)]
    assert suggest_pattern(names) == "{group}_*"
    assert suggest_pattern(names, labels) is None
    labels[3], labels[40] = 2, None  # one is under the wrong label, one under none
    assert suggest_pattern(names, labels) is None
    plants = [f"{name.split('_')[0]}_P{shot % 6}_{shot}.jpg" for shot, name in enumerate(names)]
    assert suggest_pattern(plants, labels) == "*_{group}_*"


def test_days_come_from_the_camera(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2025:05:31 10:11:12"
    dated, plain = tmp_path / "a.jpg", tmp_path / "b.png"
    Image.new("RGB", (8, 8)).save(dated, exif=exif)
    Image.new("RGB", (8, 8)).save(plain)
    assert by_day([dated, plain, tmp_path / "absent"]) == ["2025-05-31", None, None]


def test_copies_form_a_group(clinic: Clinic) -> None:
    examples = clinic.pictures.examples
    groups = by_copies(examples)
    named = {example.source_name: group for example, group in zip(examples, groups, strict=True)}
    assert named["rings1.jpg"] == named["smaller.jpg"] != None  # noqa: E711
    assert named["rings2.jpg"] is None
