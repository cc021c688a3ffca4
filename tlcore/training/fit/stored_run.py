"""Training and predicting as tasks for the workers. Importing this imports torch and timm."""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, MANIFEST_NAME
from tlcore.errors import PictureRefused
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.training.data.training_set import TrainingSet, from_workspace, unseen
from tlcore.training.fit.loop import train
from tlcore.training.fit.run_folder import (
    CHECKPOINT_NAME,
    EXAMPLES_NAME,
    read_examples,
    write_examples,
)
from tlcore.training.inputs.start import Beginning
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace import Workspace
from tlcore.workspace.records import Split

MOST_OPEN = 3


def run_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Train a run: {"home", "project", "run", "recipe", "start"?, "resumed"?}.

    The classifier goes to the run's folder. "start" is the id of a run to go on from.
    """
    recipe, examples, folder, beginning = begin_run(payload)
    yield from train(
        recipe,
        examples,
        folder=folder / CLASSIFIER_FOLDER,
        home=Path(payload["home"]),
        stop=stop,
        beginning=beginning,
    )


def begin_run(payload: dict[str, Any]) -> tuple[Recipe, TrainingSet, Path, Beginning]:
    """What `read_run` says, written down if the run is new, and where it begins.

    Raises RecipeRefused, TrainingFailed, NotFound.
    """
    recipe, examples, folder = read_run(payload)
    if not (folder / EXAMPLES_NAME).is_file():
        examples = unseen(examples, _learned_before(payload))
        write_examples(folder, examples)
    return recipe, examples, folder, _beginning(payload, folder)


def read_run(payload: dict[str, Any]) -> tuple[Recipe, TrainingSet, Path]:
    """The recipe, the pictures and the folder of a run; the pictures as they were when it began."""
    examples, folder = read_pictures(payload)
    return Recipe.read(payload["recipe"]), examples, folder


def read_pictures(payload: dict[str, Any]) -> tuple[TrainingSet, Path]:
    """The pictures as they were when a run began, and its folder: {"home", "project", "run"}."""
    workspace = Workspace.open(Path(payload["home"]))
    try:
        folder = workspace.runs.folder(payload["run"])
        examples = read_examples(folder, workspace.pictures.copy) or from_workspace(
            workspace, payload["project"], payload.get("question")
        )
    finally:
        workspace.close()
    return examples, folder


def _learned_before(payload: dict[str, Any]) -> set[str]:
    """The pictures that the run to start from has learned from, and those before it."""
    learned: set[str] = set()
    followed: list[str] = []
    workspace = Workspace.open(Path(payload["home"]))
    try:
        run_id = payload.get("start")
        while run_id and run_id not in followed:
            followed.append(run_id)
            earlier = read_examples(workspace.runs.folder(run_id), workspace.pictures.copy)
            learned |= {one.picture for one in earlier.of(Split.TRAIN)} if earlier else set()
            run_id = workspace.runs.get(run_id).payload.get("start")
    finally:
        workspace.close()
    return learned


def _beginning(payload: dict[str, Any], folder: Path) -> Beginning:
    checkpoint, resumed = folder / CHECKPOINT_NAME, bool(payload.get("resumed"))
    if not payload.get("start"):
        return Beginning(checkpoint=checkpoint, resumed=resumed)
    workspace = Workspace.open(Path(payload["home"]))
    try:
        run = workspace.runs.get(payload["start"])
        start = workspace.runs.folder(run.id) / CLASSIFIER_FOLDER
    finally:
        workspace.close()
    return Beginning(start, {"run": run.id, "number": run.number}, checkpoint, resumed)


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
