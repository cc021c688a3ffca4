"""Tests of tlcore/images/intake/understanding.py and report.py: what an import says in a line."""

from __future__ import annotations

from tlcore.images.intake.layout.understanding import Understanding, understanding_of
from tlcore.images.intake.report import IngestReport
from tlcore.images.intake.sources import from_files, from_paths


def understood(*paths: str) -> Understanding:
    sources = from_paths([(path, b"") for path in paths])
    return understanding_of(sources, sources.arrangement)


def test_labels_and_splits_are_counted_before_anything_is_opened() -> None:
    read = understood(
        "set/Training Set/cats/1.jpg", "set/Training Set/cats/2.jpg", "set/Training Set/dogs/3.jpg",
        "set/Test Set/cats/4.jpg", "set/Test Set/dogs/5.jpg", "set/README.txt",
        "set/Test Set/dogs/notes.txt", "set/Test Set/dogs/5_mask.png",
    )  # fmt: skip
    assert read.to_data() == {
        "labels": {"cats": 3, "dogs": 2},
        "splits": {"train": 3, "test": 2},
        "level": 2,
        "masks": 1,
        "words": read.words,
    }
    assert "Labels from the second folders: “cats” (3), “dogs” (2)." in read.words
    assert "“Training Set” is train" in read.words and "1 file is the mask" in read.words
    assert read.words.endswith("Pictures: 3 for train, 2 for test.")
    assert "\n" not in read.words


def test_without_folders_there_is_no_level() -> None:
    assert understood("1.jpg").words == "There are no folders that could be labels."
    assert understood("1.jpg").level is None
    files = understanding_of(from_files([("1.jpg", b""), ("2.jpg", b"")], label="cats"))
    assert (files.words, files.level) == ("Labels: “cats” (2).", None)
    assert understanding_of([]).words == "No labels."


def test_what_was_flagged_is_one_line() -> None:
    report = IngestReport(accepted=3)
    assert report.warnings == ""
    report.flagged += [("b/1.jpg", "contradiction"), ("c.jpg", "in_two_splits")]
    report.other_labels["b/1.jpg"] = ["a"]
    report.skipped += ["copy.jpg", "copy2.jpg"]
    assert report.warnings == (
        "Look at these: 1 × the same picture under two labels (such as b/1.jpg); "
        "1 × the same picture in two splits, not used for scores; 2 × copies left out."
    )
    data = report.to_data()
    assert data["flagged"][0] == {
        "file": "b/1.jpg", "flag": "contradiction", "other_labels": ["a"],
    }  # fmt: skip
    assert data["copies"] == ["copy.jpg", "copy2.jpg"]
