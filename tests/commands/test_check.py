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
    content = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert isinstance(content, dict)
    return content


def files_of(kind: str, content: dict[str, Any]) -> list[list[str]]:
    """The files of each finding of a kind, by name."""
    findings = [finding for finding in content["findings"] if finding["kind"] == kind]
    return [sorted(finding["files"]) for finding in findings]


def test_every_fault_is_found_under_its_kind(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = check(capsys, str(folder))
    assert content["understood"]["level"] == 2
    assert set(content["understood"]["labels"]) == {"rings", "stripes"}
    findings = content["findings"]
    faults = {(finding["kind"], *sorted(finding["files"])) for finding in findings}
    assert faults >= {
        ("refused", "train/rings/page.jpg"),
        ("refused", "train/rings/none.png"),
        ("duplicate", "train/rings/again.jpg", "train/rings/rings0.jpg"),
        ("contradiction", "train/rings/rings1.jpg", "train/stripes/both.jpg"),
        ("leak", "test/rings/leak.jpg", "train/rings/rings2.jpg"),
        ("blurred", "train/stripes/soft.jpg"),
    }
    cut = {"train/stripes/cut.jpg", "train/stripes/stripes3.jpg"}
    kinds = [kind for kind, *files in faults if cut <= {*files}]
    assert kinds in (["near_duplicate"], ["leak"])
    for finding in findings:
        assert finding["kind"] in {kind.value for kind in Kind}
        assert 0 <= finding["score"] <= 1 and finding["remedy"] and finding["words"]
        assert all((folder / name).is_file() for name in finding["files"])
    copies = [kind for kind, *_ in faults if kind in ("duplicate", "near_duplicate", "leak")]
    assert len(copies) == 3


def test_in_words_it_says_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder)]) == 0
    shown, noted = capsys.readouterr()
    assert noted.startswith("Labels from the second folders: “rings” (18), “stripes” (17).")
    assert "2 files did not come in." in shown
    assert "One picture stands under more than one label." in shown
    assert "train/stripes/soft.jpg" in shown


def test_a_folder_in_a_folder_and_a_zip_are_named_as_they_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outer = tmp_path / "outer"
    for label in ("rings", "stripes"):
        (outer / "inner" / label).mkdir(parents=True)
        for number in range(3):
            (outer / "inner" / label / f"{number}.jpg").write_bytes(jpeg(draw(label, number)))
    (outer / "inner" / "rings" / "bad.jpg").write_bytes(b"nothing")
    assert files_of("refused", check(capsys, str(outer))) == [["inner/rings/bad.jpg"]]
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
    content = check(capsys, str(tmp_path / "labels.csv"))
    assert content["understood"]["labels"] == {"rings": 4, "stripes": 5}
    assert content["notes"][0].startswith("Table “labels.csv”: files in “")
    assert content["pictures"] == 9 and "1 rows" in content["notes"][1]
    assert files_of("contradiction", content) == [["copy.jpg", "p0.jpg"]]


@pytest.mark.parametrize("arguments", [["nowhere"], ["{folder}", "--backbone", "nobody"]])
def test_what_cannot_be_done_is_said_in_two_sentences(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [argument.format(folder=folder) for argument in arguments]
    assert main(["check", *filled, "--json"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "" and "Traceback" not in shown.err and len(shown.err.splitlines()) >= 2
