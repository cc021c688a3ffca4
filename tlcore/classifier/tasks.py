"""Predicting as a task for the workers. Importing this imports torch and timm."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.open_classifiers import open_classifiers
from tlcore.errors import PictureRefused
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop

KINDS = ("pictures", "copies", "data")


def predict_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Predict the labels of pictures: {"classifier": folder, "pictures": [paths], "copies": [paths
    of working copies], "data": [base64]}, any of the three, taken in that order.

    Result: {"labels", "predictions": [{"probabilities": […]} or {"refused", "remedy"}]}.
    """
    classifier = open_classifiers.get(Path(payload["classifier"]))
    predictions: list[dict[str, Any]] = []
    total = sum(len(payload.get(kind, ())) for kind in KINDS)
    for done, (kind, item) in enumerate(_items(payload), start=1):
        if stop():
            break
        predictions.append(_prediction(classifier, kind, item))
        if total > 1:
            progress = {"doing": "Looking at the pictures", "done": done, "total": total}
            yield Event("progress", progress)
    yield Event("result", {"labels": list(classifier.labels), "predictions": predictions})


def _items(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in KINDS:
        for item in payload.get(kind, ()):
            yield kind, item


def _prediction(classifier: Classifier, kind: str, item: str) -> dict[str, Any]:
    """What the classifier says of one picture, or why the picture was refused."""
    try:
        if kind == "copies":
            picture = classifier.prepare_copy(Path(item))
        else:
            picture = classifier.prepare(_decoded(item) if kind == "data" else Path(item))
    except PictureRefused as error:
        return {"refused": error.message, "remedy": error.remedy}
    except OSError as error:
        words = f"The picture cannot be opened ({error.strerror or error})."
        return {"refused": words, "remedy": "Add it again."}
    return {"probabilities": list(classifier.classify([picture]).probabilities[0])}


def _decoded(text: str) -> bytes:
    """The bytes of base64. Raises PictureRefused."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise PictureRefused(
            "The picture arrived damaged.", "Send it again.", "unreadable"
        ) from error
