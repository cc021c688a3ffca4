"""What single pictures, their files and their numbers say: measures, shortcuts, balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageEnhance, ImageFilter

from tests.quality.drawn import draw
from tlcore.quality.checkup.balance import balance_findings
from tlcore.quality.checkup.findings import Kind
from tlcore.quality.checkup.measures import Measures, measure
from tlcore.quality.checkup.shortcuts import shortcut_findings
from tlcore.quality.checkup.technical import technical_findings
from tlcore.quality.pictures import ProjectPictures
from tlcore.workspace.records import Example, Label, Split

PLAIN = Measures(0.5, 0.9, 0.2, 800.0, "JPEG", None, None)


def example(number: int, label: int | None = 1, size: tuple[int, int] = (300, 200)) -> Example:
    return Example(
        number, "p", f"{number:064x}", f"{number}.jpg", Split.TRAIN, None, None, {7: label}, (),
        None, *size, datetime.now(UTC),
    )  # fmt: skip


def project(examples: list[Example], labels: int = 2) -> ProjectPictures:
    named = tuple(Label(n + 1, 7, f"label {n + 1}", n) for n in range(labels))
    return ProjectPictures("p", 7, named, tuple(examples), Path())


def said(values: dict[int, Measures]) -> Callable[[str], Measures]:
    return lambda sha: values.get(int(sha, 16), PLAIN)


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        (lambda image: image, None, ""),
        (lambda image: image.filter(ImageFilter.GaussianBlur(5)), Kind.BLURRED, "blur"),
        (lambda image: ImageEnhance.Brightness(image).enhance(0.12), Kind.DARK, ""),
        (lambda image: Image.new("RGB", image.size, (200, 10, 10)), Kind.BLURRED, "uniform"),
        (lambda image: Image.new("RGB", image.size), Kind.BLURRED, "uniform"),
        (lambda image: ImageEnhance.Contrast(image).enhance(0.3), None, ""),
        (lambda image: image.convert("L").convert("RGB"), None, ""),
    ],
)
def test_a_picture_that_shows_little_is_found(
    change: Callable[[Image.Image], Image.Image], kind: Kind | None, reason: str
) -> None:
    values = {number: measure(draw("rings", number)) for number in range(6)}
    values[9] = measure(change(draw("rings", 9)))
    findings = technical_findings([example(number) for number in values], said(values))
    assert [(finding.kind, finding.reason, finding.examples) for finding in findings] == (
        [(kind, reason, (9,))] if kind else []
    )


def test_a_project_of_smooth_or_tiny_pictures_is_left_in_peace() -> None:
    smooth = {number: replace(PLAIN, edges=5.0 + number / 10) for number in range(20)}
    assert technical_findings([example(number) for number in smooth], said(smooth)) == []
    tiny = [example(number, size=(8, 8)) for number in range(20)]
    assert technical_findings(tiny, said({})) == []


def test_sizes_are_judged_beside_the_others() -> None:
    usual = [example(number) for number in range(10)]
    findings = technical_findings([*usual, example(10, size=(30, 30))], said({}))
    assert [(finding.kind, finding.reason) for finding in findings] == [(Kind.SMALL, "pixels")]
    findings = technical_findings([*usual, example(10, size=(1200, 100))], said({}))
    assert [(finding.kind, finding.reason) for finding in findings] == [(Kind.SMALL, "aspect")]
    panoramas = [example(number, size=(1200, 200)) for number in range(10)]
    assert technical_findings(panoramas, said({})) == []


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"camera": "Acme 3"}, "camera", "one camera (Acme 3)"),
        ({"day": "2026-05-31"}, "date", "one day (2026-05-31)"),
        ({"format": "PNG"}, "format", "PNG files"),
    ],
)
def test_a_label_made_in_another_way_is_a_shortcut(
    change: dict[str, str], reason: str, words: str
) -> None:
    examples = [example(number, number % 3 + 1) for number in range(36)]
    odd = {each.id: replace(PLAIN, **change) for each in examples if each.answers[7] == 2}
    findings = shortcut_findings(project(examples, 3), said(odd))
    assert [(finding.reason, finding.labels) for finding in findings] == [(reason, (2,))]
    assert words in findings[0].words and "label 2" in findings[0].words
    assert findings[0].examples == tuple(odd)


def test_one_camera_for_every_label_is_none() -> None:
    examples = [example(number, number % 2 + 1) for number in range(30)]
    same = {each.id: replace(PLAIN, camera="Acme 3", day="2026-05-31") for each in examples}
    assert shortcut_findings(project(examples), said(same)) == []
    half = {each.id: replace(PLAIN, camera=f"Acme {each.id // 2 % 2}") for each in examples}
    assert shortcut_findings(project(examples), said(half)) == []


def test_of_two_labels_one_finding_is_enough() -> None:
    examples = [example(number, number % 2 + 1) for number in range(30)]
    cameras = {each.id: replace(PLAIN, camera=f"Acme {each.answers[7]}") for each in examples}
    assert len(shortcut_findings(project(examples), said(cameras))) == 1


def test_a_label_of_another_size_is_a_shortcut() -> None:
    examples = [
        example(number, number % 2 + 1, (400 + number, 300) if number % 2 else (800 + number, 600))
        for number in range(30)
    ]
    findings = shortcut_findings(project(examples), said({}))
    assert [finding.reason for finding in findings] == ["size"]
    assert "larger" in findings[0].words or "smaller" in findings[0].words


def test_a_few_pictures_say_nothing_of_shortcuts() -> None:
    examples = [example(number, number % 2 + 1) for number in range(12)]
    cameras = {each.id: replace(PLAIN, camera=f"Acme {each.answers[7]}") for each in examples}
    assert shortcut_findings(project(examples), said(cameras)) == []


def test_labels_with_few_pictures_or_far_fewer_are_named() -> None:
    examples = [example(number, 1 if number < 100 else 2 if number < 190 else 3)
                for number in range(202)]  # fmt: skip
    examples += [example(300 + number, 4) for number in range(4)]
    findings = balance_findings(project(examples, 5))
    assert [(finding.reason, finding.labels) for finding in findings] == [
        ("uneven", (3,)),
        ("few", (4,)),
        ("few", (5,)),
    ]
    assert "4 pictures" in findings[1].words and "6 more" in findings[1].remedy
    assert "no pictures" in findings[2].words and findings[2].examples == ()
    assert findings[2].score > findings[1].score
