"""Training and predicting as tasks for the workers. Importing this imports torch and timm."""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.errors import PictureRefused
from tlcore.jobs.events import Event
from tlcore.training.classifier import Classifier
from tlcore.training.examples import TrainingSet, from_workspace
from tlcore.training.loop import train
from tlcore.training.manifest import CLASSIFIER_FOLDER, MANIFEST_NAME
from tlcore.training.recipe import Recipe
from tlcore.training.stopping import Stop
from tlcore.workspace import Workspace

MOST_OPEN = 3


def run_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Train a run: {"home", "project", "run", "recipe"}; the classifier goes to its folder."""
    recipe, examples, folder = read_run(payload)
    yield from train(
        recipe, examples, folder=folder / CLASSIFIER_FOLDER, home=Path(payload["home"]), stop=stop
    )


def read_run(payload: dict[str, Any]) -> tuple[Recipe, TrainingSet, Path]:
    """The recipe, the pictures and the folder of a run."""
    workspace = Workspace.open(Path(payload["home"]))
    try:
        examples = from_workspace(workspace, payload["project"], payload.get("question"))
        folder = workspace.runs.folder(payload["run"])
    finally:
        workspace.close()
    return Recipe.read(payload["recipe"]), examples, folder


def predict_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Answers for pictures: {"classifier": folder, "pictures": [paths], "copies": [paths of
    working copies], "data": [base64]}, any of the three; they are answered in that order.

    Result: {"labels", "answers": [{"probabilities": […]} or {"refused", "remedy"}]}.
    """
    classifier = opened.get(Path(payload["classifier"]))
    answers: list[dict[str, Any]] = []
    total = sum(len(payload.get(name, ())) for name in ("pictures", "copies", "data"))
    for done, (kind, item) in enumerate(_items(payload), start=1):
        if stop():
            break
        answers.append(_answer(classifier, kind, item))
        if total > 1:
            progress = {"doing": "Looking at the pictures", "done": done, "total": total}
            yield Event("progress", progress)
    yield Event("result", {"labels": list(classifier.labels), "answers": answers})


def _items(payload: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for kind in ("pictures", "copies", "data"):
        for item in payload.get(kind, ()):
            yield kind, item


def _answer(classifier: Classifier, kind: str, item: str) -> dict[str, Any]:
    try:
        if kind == "copies":
            picture = classifier.look_at_copy(Path(item))
        else:
            picture = classifier.look(_decoded(item) if kind == "data" else Path(item))
    except PictureRefused as error:
        return {"refused": error.message, "remedy": error.remedy}
    except OSError as error:
        words = f"The picture cannot be opened ({error.strerror or error})."
        return {"refused": words, "remedy": "Add it again."}
    return {"probabilities": list(classifier.answer([picture]).probabilities[0])}


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise PictureRefused(
            "The picture arrived damaged.", "Send it again.", "unreadable"
        ) from error


class _Opened:
    """The classifiers used last, kept open; one that was written anew is opened anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._classifiers: OrderedDict[tuple[Path, int], Classifier] = OrderedDict()

    def get(self, folder: Path) -> Classifier:
        """Raises ClassifierInvalid."""
        key = (folder, _written(folder))
        with self._lock:
            if key not in self._classifiers:
                self._classifiers[key] = Classifier.load(folder)
            self._classifiers.move_to_end(key)
            while len(self._classifiers) > MOST_OPEN:
                self._classifiers.popitem(last=False)
            return self._classifiers[key]


def _written(folder: Path) -> int:
    """When the manifest was written, in nanoseconds; 0 if there is none."""
    try:
        return (folder / MANIFEST_NAME).stat().st_mtime_ns
    except OSError:
        return 0


opened = _Opened()
