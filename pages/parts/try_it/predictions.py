"""Asking a classifier about pictures: reduced here, looked at in the request worker."""

from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pages.parts.frame.services import services
from pages.parts.pictures.thumbnails import as_data_address
from pages.parts.run.choice import ChosenRun
from pages.parts.try_it.unfamiliar import unlike
from tlcore.errors import EngineError, GraftError, PictureRefused
from tlcore.images.reduction import WorkingCopy, working_copy

PREDICT = "tlcore.classifier.tasks:predict_task"
DECLINED = "I don't know"
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Answer:
    """What was said about one picture: `probabilities` per label.

    `source` is the data address of its thumbnail, or of the whole picture where it is the only one.
    `unlike` says, for one picture alone, that it is unlike all that was learned from.
    """

    name: str
    source: str
    probabilities: tuple[float, ...]
    unlike: bool = False

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
    """A file that could not be answered for, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Answers:
    """Answers for some pictures in their order, the refused files, and the seconds it took.

    Answers less sure than `threshold` are “I don't know”.
    """

    labels: tuple[str, ...]
    answered: tuple[Answer, ...]
    refused: tuple[Refusal, ...]
    seconds: float
    threshold: float = 0.0

    def said(self, one: Answer) -> str:
        """The label of an answer, or that it declines."""
        return DECLINED if one.sureness < self.threshold else self.labels[one.best]


def ask_about_files(
    chosen: ChosenRun, files: Sequence[tuple[str, bytes]], on_progress: Progress | None = None
) -> Answers:
    """Answers for files (name, bytes) as they come from a browser; a bad one loses nothing else.

    They pass the same reduction as training pictures. Raises GraftError.
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
        strange = unlike(chosen, paths) if len(good) == 1 else [False] * len(good)
    answered = []
    for (name, copy), row, odd in zip(good, rows, strange, strict=True):
        if isinstance(row, str):
            refused.append(Refusal(name, row))
        else:
            shown = copy.jpeg if len(good) == 1 else copy.thumbnail
            answered.append(Answer(name, as_data_address(shown), row, odd))
    seconds = time.monotonic() - began
    threshold = chosen.manifest.threshold
    return Answers(chosen.labels, tuple(answered), tuple(refused), seconds, threshold)


def ask_about_stored(chosen: ChosenRun, picture: str, name: str) -> Answer:
    """The answer for a stored picture, given its hash. Raises GraftError."""
    copy = services().workspace.pictures.copy(picture)
    [row] = _predict(chosen, [copy], None)
    if isinstance(row, str):
        raise EngineError(row, "Choose another picture.")
    return Answer(name, as_data_address(copy.read_bytes()), row)


def warm(chosen: ChosenRun) -> None:
    """Have the classifier opened in the background, so that the first answer comes at once."""
    with _warming:
        if chosen.version in _warmed:
            return
        _warmed.add(chosen.version)
    threading.Thread(target=_open, args=(chosen,), name="warm-classifier", daemon=True).start()


_warming = threading.Lock()
_warmed: set[str] = set()


def _open(chosen: ChosenRun) -> None:
    with contextlib.suppress(GraftError):  # the first real question says what is wrong
        _predict(chosen, [], None)


def _predict(
    chosen: ChosenRun, copies: Sequence[Path], on_progress: Progress | None
) -> list[tuple[float, ...] | str]:
    """Probabilities for each working copy, or the reason why there are none."""
    payload = {"classifier": str(chosen.folder), "copies": [str(path) for path in copies]}
    said = None
    # Heard to its end: a stream that is left early counts as a task that hangs.
    for event in services().engine.stream(PREDICT, payload):
        if event.kind == "progress" and on_progress is not None:
            on_progress(event.data["done"], event.data["total"])
        if event.kind == "result":
            said = event.data["predictions"]
    if said is None or len(said) != len(copies):
        raise EngineError("The classifier gave no answer.", "Try once more.")
    return [
        tuple(one["probabilities"]) if "probabilities" in one else str(one["refused"])
        for one in said
    ]
