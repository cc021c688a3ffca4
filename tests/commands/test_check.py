"""`python -m tlcore check`: every planted fault under its kind, with the files as they lie."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import ImageFilter

from tests.quality.drawn import cropped, draw, jpeg
from tlcore.commands.line import main
from tlcore.quality.checkup.findings import Kind


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    where = tmp_path_factory.mktemp("check") / "pictures"
    files = {
        f"{split}/{label}/{label}{number}.jpg": jpeg(draw(label, number + 50 * (split == "test")))
        for split, count in (("train", 10), ("test", 4))
        for label in ("rings", "stripes")
        for number in range(count)
    }
    files["train/rings/again.jpg"] = files["train/rings/rings0.jpg"]
    files["train/stripes/both.jpg"] = files["train/rings/rings1.jpg"]
    files["test/rings/leak.jpg"] = jpeg(draw("rings", 2), quality=50)
    files["train/stripes/cut.jpg"] = jpeg(cropped(draw("stripes", 3), 0.06))
    files["train/stripes/soft.jpg"] = jpeg(draw("stripes", 90).filter(ImageFilter.GaussianBlur(6)))
    files["train/rings/page.jpg"] = b"<html>not found</html>"
    files["train/rings/none.png"] = b""
    for name, data in files.items():
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        (where / name).write_bytes(data)
    return where


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["check", *arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def test_every_fault_is_found_under_its_kind(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = check(capsys, str(folder))
    found = {(one["kind"], *sorted(one["files"])) for one in answer["findings"]}
    assert found >= {
        ("refused", "train/rings/page.jpg"),
        ("refused", "train/rings/none.png"),
        ("duplicate", "train/rings/again.jpg", "train/rings/rings0.jpg"),
        ("contradiction", "train/rings/rings1.jpg", "train/stripes/both.jpg"),
        ("leak", "test/rings/leak.jpg", "train/rings/rings2.jpg"),
        ("blurred", "train/stripes/soft.jpg"),
    }
    cut = [
        one for one in found if {"train/stripes/cut.jpg", "train/stripes/stripes3.jpg"} <= {*one}
    ]
    assert [one[0] for one in cut] in (["near_duplicate"], ["leak"])
    for one in answer["findings"]:
        assert one["kind"] in {kind.value for kind in Kind}
        assert 0 <= one["score"] <= 1 and one["remedy"] and one["words"]
        assert all((folder / name).is_file() for name in one["files"])
    copies = [one for one in found if one[0] in ("duplicate", "near_duplicate", "leak")]
    assert len(copies) == 3


def test_in_words_it_says_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "2 files did not come in." in told
    assert "One picture stands under more than one label." in told
    assert "train/stripes/soft.jpg" in told


def test_a_folder_in_a_folder_and_a_zip_are_named_as_they_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outer = tmp_path / "outer"
    for label in ("rings", "stripes"):
        (outer / "inner" / label).mkdir(parents=True)
        for number in range(3):
            (outer / "inner" / label / f"{number}.jpg").write_bytes(jpeg(draw(label, number)))
    (outer / "inner" / "rings" / "bad.jpg").write_bytes(b"nothing")
    refused = [one for one in check(capsys, str(outer))["findings"] if one["kind"] == "refused"]
    assert [one["files"] for one in refused] == [["inner/rings/bad.jpg"]]
    zipped = tmp_path / "pictures.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for path in sorted(outer.rglob("*.jpg")):
            archive.write(path, path.relative_to(outer))
    assert check(capsys, str(zipped))["pictures"] == 6


def test_a_table_beside_its_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["file,label"]
    for number in range(8):
        label = ("rings", "stripes")[number % 2]
        (tmp_path / f"p{number}.jpg").write_bytes(jpeg(draw(label, number)))
        rows.append(f"p{number}.jpg,{label}")
    (tmp_path / "copy.jpg").write_bytes((tmp_path / "p0.jpg").read_bytes())
    rows += ["copy.jpg,stripes", "absent.jpg,rings"]
    (tmp_path / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    answer = check(capsys, str(tmp_path / "labels.csv"))
    assert answer["pictures"] == 9 and "1 rows" in answer["notes"][0]
    twice = [one["files"] for one in answer["findings"] if one["kind"] == "contradiction"]
    assert [sorted(one) for one in twice] == [["copy.jpg", "p0.jpg"]]


@pytest.mark.parametrize("arguments", [["nowhere"], ["{folder}", "--backbone", "nobody"]])
def test_what_cannot_be_done_is_said_in_two_sentences(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [one.format(folder=folder) for one in arguments]
    assert main(["check", *given, "--json"]) == 1
    told = capsys.readouterr()
    assert told.out == "" and "Traceback" not in told.err and len(told.err.splitlines()) >= 2
