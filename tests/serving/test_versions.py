"""A classifier folder of every version that there ever was still loads and answers the same."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.serving.old_folders import known, pictures, write_folder
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import SCHEMA
from tlcore.serving.formats.classifier_folder import contents


def test_there_is_a_folder_of_every_version() -> None:
    assert list(known()) == list(range(1, SCHEMA + 1)), "write the new one: see old_folders.py"


@pytest.mark.parametrize("number", known())
def test_it_loads_and_answers_as_it_did(number: int, tmp_path: Path) -> None:
    version = known()[number]
    write_folder(version, tmp_path / "c")
    classifier = Classifier.load(tmp_path / "c")
    rows = []
    for picture in pictures():
        file = io.BytesIO()
        picture.save(file, "PNG")
        rows.append(classifier.classify([classifier.prepare(file.getvalue())]).probabilities[0])
    for row, was in zip(rows, version["answers"], strict=True):
        assert row == pytest.approx(was, abs=1e-3)
    assert len({round(max(row), 3) for row in rows}) > 1, "answers that never differ prove nothing"
    assert {name for name, _ in contents(tmp_path / "c")} >= {"manifest.json", "predict.py"}
