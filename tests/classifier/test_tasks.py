"""The predict task takes pictures in three forms, and a bad one stops no other."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.classifier.test_classifier import LABELS, jpeg, network, write
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.tasks import predict_task
from tlcore.errors import ClassifierInvalid
from tlcore.images.reduction import working_copy
from tlcore.jobs.events import Event


def events_of(payload: dict[str, Any], most: int = 1000) -> list[Event]:
    """The events of a task that is stopped after `most` looks at the stop."""
    looks = iter(range(most))
    return list(predict_task(payload, lambda: next(looks, None) is None))


def test_predictions_come_in_the_order_of_the_pictures(tmp_path: Path) -> None:
    write(tmp_path / "classifier", network())
    (tmp_path / "picture.jpg").write_bytes(jpeg(0))
    (tmp_path / "copy.jpg").write_bytes(working_copy(jpeg(1)).jpeg)
    *progress, last = events_of(
        {
            "classifier": str(tmp_path / "classifier"),
            "data": [base64.b64encode(jpeg(2)).decode(), "%%%"],
            "copies": [str(tmp_path / "copy.jpg")],
            "pictures": [str(tmp_path / "picture.jpg"), str(tmp_path / "not there.jpg")],
        }
    )
    expected = Classifier.load(tmp_path / "classifier").predict([jpeg(0), jpeg(1), jpeg(2)])
    assert [event.data["done"] for event in progress] == [1, 2, 3, 4, 5]
    assert last.data["labels"] == list(LABELS)
    good = [row["probabilities"] for row in last.data["predictions"] if "probabilities" in row]
    assert good == [pytest.approx(row, abs=1e-6) for row in expected.probabilities]
    refused = [place for place, row in enumerate(last.data["predictions"]) if "refused" in row]
    assert refused == [1, 4]
    assert all(last.data["predictions"][place]["remedy"] for place in refused)


def test_a_stopped_task_gives_what_it_has(tmp_path: Path) -> None:
    write(tmp_path, network())
    data = [base64.b64encode(jpeg(number)).decode() for number in range(3)]
    *_, last = events_of({"classifier": str(tmp_path), "data": data}, most=2)
    assert len(last.data["predictions"]) == 2


def test_a_folder_without_a_classifier_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClassifierInvalid):
        events_of({"classifier": str(tmp_path), "data": []})
