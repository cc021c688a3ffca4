"""Predictions for new pictures, which are reduced like training pictures first."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pages.parts.frame.services import services
from pages.parts.pictures.thumbnails import as_data_address
from pages.parts.run.choice import ChosenRun
from pages.parts.try_it.unfamiliar import are_unfamiliar
from tlcore.errors import EngineError, GraftError, PictureRefused
from tlcore.images.reduction import WorkingCopy, working_copy

PREDICT = "tlcore.classifier.tasks:predict_task"
DECLINED = "I don't know"
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class PicturePrediction:
    """What a classifier says about one picture: a probability for each label.

    `source` is the data address of its thumbnail, or of the whole picture where it is the only one.
    `unfamiliar`: it is unlike all training pictures (known for a single picture only).
    """

    name: str
    source: str
    probabilities: tuple[float, ...]
    unfamiliar: bool = False

    @property
    def best(self) -> int:
        """The position of the likeliest label."""
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)

    @property
    def sureness(self) -> float:
        """The probability of the likeliest label, 0 to 1."""
        return self.probabilities[self.best]


@dataclass(frozen=True)
class Refusal:
    """A file for which there is no prediction, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class BatchPredictions:
    """Predictions for some pictures in their order, the refused files, and the seconds it took.

    Predictions less sure than `threshold` are “I don't know”.
    """

    labels: tuple[str, ...]
    predicted: tuple[PicturePrediction, ...]
    refused: tuple[Refusal, ...]
    seconds: float
    threshold: float = 0.0

    def label_of(self, prediction: PicturePrediction) -> str:
        """The predicted label, or that the classifier declines."""
        return DECLINED if prediction.sureness < self.threshold else self.labels[prediction.best]


def predict_files(
    chosen: ChosenRun, files: Sequence[tuple[str, bytes]], on_progress: Progress | None = None
) -> BatchPredictions:
    """Predictions for files (name, bytes) from a browser; unreadable ones are refused singly.

    Pictures are reduced as for training. Raises GraftError.
    """
    began = time.monotonic()
    good: list[tuple[str, WorkingCopy]] = []
    refused: list[Refusal] = []
    for name, data in files:
        try:
            good.append((name, working_copy(data)))
        except PictureRefused as error:
            refused.append(Refusal(name, error.message))
    with tempfile.TemporaryDirectory(prefix="graft-try-") as folder:
        paths = [Path(folder) / f"{number}.jpg" for number in range(len(good))]
        for path, (_, copy) in zip(paths, good, strict=True):
            path.write_bytes(copy.jpeg)
        rows = _predict(chosen, paths, on_progress) if good else []
        unfamiliar = are_unfamiliar(chosen, paths) if len(good) == 1 else [False] * len(good)
    predicted: list[PicturePrediction] = []
    for (name, copy), row, strange in zip(good, rows, unfamiliar, strict=True):
        if isinstance(row, str):
            refused.append(Refusal(name, row))
        else:
            shown = copy.jpeg if len(good) == 1 else copy.thumbnail
            predicted.append(PicturePrediction(name, as_data_address(shown), row, strange))
    seconds = time.monotonic() - began
    threshold = chosen.manifest.threshold
    return BatchPredictions(chosen.labels, tuple(predicted), tuple(refused), seconds, threshold)


def predict_stored(chosen: ChosenRun, picture: str, name: str) -> PicturePrediction:
    """The prediction for a stored picture, given its hash. Raises GraftError."""
    copy = services().workspace.pictures.copy(picture)
    [row] = _predict(chosen, [copy], None)
    if isinstance(row, str):
        raise EngineError(row, "Choose another picture.")
    return PicturePrediction(name, as_data_address(copy.read_bytes()), row)


def warm(chosen: ChosenRun) -> None:
    """Load the classifier in the background, so that the first prediction comes at once."""
    with _warming:
        if chosen.version in _warmed:
            return
        _warmed.add(chosen.version)
    threading.Thread(target=_open, args=(chosen,), name="warm-classifier", daemon=True).start()


_warming = threading.Lock()
_warmed: set[str] = set()


def _open(chosen: ChosenRun) -> None:
    with contextlib.suppress(GraftError):  # the first real request says what is wrong
        _predict(chosen, [], None)


def _predict(
    chosen: ChosenRun, copies: Sequence[Path], on_progress: Progress | None
) -> list[tuple[float, ...] | str]:
    """For each working copy its probabilities (one per label), or the reason why there are none."""
    payload = {"classifier": str(chosen.folder), "copies": [str(path) for path in copies]}
    rows: list[dict[str, Any]] | None = None
    # Read to its end: a stream that is closed early counts as a task that hangs.
    for event in services().engine.stream(PREDICT, payload):
        if event.kind == "progress" and on_progress is not None:
            on_progress(event.data["done"], event.data["total"])
        if event.kind == "result":
            rows = event.data["predictions"]
    if rows is None or len(rows) != len(copies):
        raise EngineError("The classifier gave no answer.", "Try once more.")
    return [
        tuple(row["probabilities"]) if "probabilities" in row else str(row["refused"])
        for row in rows
    ]
