"""`evaluate`: the same figures as scikit-learn's, on any folder, with a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from tests.results.conftest import COLOURS, ScoredRun, noise
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.commands.evaluate import JSON_FIELDS
from tlcore.commands.line import main


@pytest.fixture
def classifier(scored_run: ScoredRun) -> str:
    return str(scored_run.folder / CLASSIFIER_FOLDER)


def write(folder: Path, count: int, first: int) -> None:
    for label in COLOURS:
        (folder / label).mkdir(parents=True)
        for number in range(count):
            data = noise(label, first + number + 1000 * (label == "red"))
            (folder / label / f"{number}.png").write_bytes(data)


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return content


def test_any_folder_is_scored_with_a_report(
    classifier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    write(folder, 8, 300)
    (folder / "green").mkdir()
    (folder / "green" / "1.png").write_bytes(noise("red", 999))
    (folder / "red" / "broken.png").write_bytes(b"no picture")
    report = tmp_path / "report.html"
    arguments = ["evaluate", classifier, str(folder), "--json", "--report", str(report)]
    assert main(arguments) == 0
    scores = last_line(capsys)
    assert tuple(scores) == JSON_FIELDS
    assert scores["total"] == 16 and len(scores["refused"]) == 1
    assert "green" in scores["notes"][0]
    assert scores["interval"][0] <= scores["accuracy"] <= scores["interval"][1]
    assert set(scores["labels"]) == set(COLOURS)
    for figures in scores["labels"].values():
        assert set(figures) == {"precision", "recall", "f1", "support"}
    assert len(scores["coverage"]) == 101 and scores["temperature"] > 0
    assert set(scores["baselines"]) == {"frequent", "nearest"}
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))["report"] == "graft"

    files = [str(path) for label in COLOURS for path in sorted((folder / label).glob("[0-9]*.png"))]
    assert main(["predict", classifier, "--json", *files]) == 0
    predicted = [entry["label"] for entry in last_line(capsys)["predictions"]]
    truth = [Path(file).parent.name for file in files]
    assert scores["accuracy"] == pytest.approx(accuracy_score(truth, predicted), abs=1e-9)
    names = list(scores["labels"])
    assert scores["confusion"] == confusion_matrix(truth, predicted, labels=names).tolist()


def test_where_splits_are_named_only_the_test_pictures_count(
    classifier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for split, count, first in (("train", 6, 400), ("val", 2, 500), ("test", 3, 600)):
        write(tmp_path / "set" / split, count, first)
    assert main(["evaluate", classifier, str(tmp_path / "set"), "--json"]) == 0
    scores = last_line(capsys)
    assert scores["total"] == 6
    assert scores["understood"]["splits"] == {"train": 12, "validation": 4, "test": 6}
    assert set(scores["baselines"]) == {"frequent", "nearest", "prototype", "probe"}
    assert main(["evaluate", classifier, str(tmp_path / "set")]) == 0
    shown, noted = capsys.readouterr()
    assert noted.startswith("Labels from the second folders: “blue” (11), “red” (11).")
    assert "of 6 right; the true figure is probably between" in shown
    assert "may well be equally good" in shown


def test_a_table_is_scored_like_a_folder(
    classifier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "images", 3, 800)
    rows = [f"{label}/{n}.png,{label.upper()}" for label in COLOURS for n in range(3)]
    table = tmp_path / "labels.csv"
    table.write_text("\n".join(["image,Labels", *rows]), encoding="utf-8")
    assert main(["evaluate", classifier, str(table), "--json"]) == 0
    scores = last_line(capsys)
    assert scores["total"] == 6
    assert "labels in “Labels”" in scores["notes"][0]


def test_what_cannot_be_scored_is_said(
    classifier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "set" / "green").mkdir(parents=True)
    (tmp_path / "set" / "green" / "1.png").write_bytes(noise("red", 1))
    assert main(["evaluate", classifier, str(tmp_path / "set")]) == 1
    assert "“green”" in capsys.readouterr().err
    for report in ("report.txt", "no/folder/report.html"):
        place = str(tmp_path / report)
        assert main(["evaluate", classifier, str(tmp_path / "set"), "--report", place]) == 1
        shown = capsys.readouterr().err
        assert ("does not end in .html" in shown) == report.endswith(".txt")
        assert ("There is no folder" in shown) == report.startswith("no/")


def test_a_label_without_pictures_is_not_called_0_per_cent(
    classifier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "red").mkdir()
    for number in range(6):
        (tmp_path / "red" / f"{number}.png").write_bytes(noise("red", 700 + number))
    assert main(["evaluate", classifier, str(tmp_path)]) == 0
    [blue] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("blue: ")]
    assert "found" not in blue and blue.endswith(", 0 pictures")


def test_the_note_names_the_pictures_that_are_scored(
    classifier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "train", 3, 800)
    write(tmp_path / "val", 2, 810)
    (tmp_path / "test" / "green").mkdir(parents=True)
    (tmp_path / "test" / "green" / "1.png").write_bytes(noise("red", 820))
    assert main(["evaluate", classifier, str(tmp_path), "--json"]) == 0
    scores = last_line(capsys)
    assert scores["total"] == 4
    assert "its validation pictures are scored" in scores["notes"][-1]


def test_labels_that_differ_in_writing_alone_are_the_classifiers(
    classifier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label, number in (("Red", 900), ("BLUE", 910)):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.png").write_bytes(noise(label.lower(), number))
    assert main(["evaluate", classifier, str(tmp_path), "--json"]) == 0
    assert last_line(capsys)["total"] == 2
