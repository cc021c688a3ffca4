"""The events of a training as typed records: written here, read here. It knows nothing of torch.

Runs that are stored for good hold the names of earlier versions: reading understands both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Self

from tlcore.jobs.events import Event
from tlcore.training.fit.epoch_score import EpochScore

# A field's name in earlier versions: now.
RENAMED = {"val_accuracy": "validation_accuracy", "val_loss": "validation_loss"}


@dataclass(frozen=True)
class TrainingEvent:
    """What all events of a training have in common. Losses are mean cross-entropy, accuracies 0–1.

    Numbers that were not finite are None after a way through JSON.
    """

    kind: ClassVar[str]

    def to_event(self) -> Event:
        """As an event of a task, with plain data."""
        return Event(self.kind, asdict(self))

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """From the data of a stored event. What is not there is the field's default.

        Raises TypeError: something is missing that has none.
        """
        named = {RENAMED.get(key, key): value for key, value in data.items()}
        return cls(**{field.name: named[field.name] for field in fields(cls)
                      if field.name in named})  # fmt: skip


@dataclass(frozen=True)
class Resumed(TrainingEvent):
    """It goes on from here: events beyond `epochs`, `position` and `phase` no longer hold.

    `position` is in epochs, `steps` counts those done, `seconds` those worked so far.
    """

    kind = "resumed"

    epochs: int
    position: float
    phase: int
    steps: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Note(TrainingEvent):
    """A sentence for whoever watches."""

    kind = "note"

    words: str = ""


@dataclass(frozen=True)
class PhaseBegan(TrainingEvent):
    """A phase, the `number`th (from 1) of so many, with the learning rates of what learns."""

    kind = "phase"

    name: str = ""
    words: str = ""
    number: int = 1
    phases: int = 1
    epochs: int = 1
    stages_learning: list[str] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class StepsDone(TrainingEvent):
    """Step number `step` (from 1) is done; `loss` is the mean since the last such event.

    `position` is in epochs, `rate` the head's learning rate.
    """

    kind = "step"

    position: float
    loss: float | None = None
    rate: float | None = None
    step: int = 0
    epoch: int = 0
    epochs: int = 0


@dataclass(frozen=True)
class EpochDone(TrainingEvent):
    """Epoch number `epoch` (from 1) of so many is over; `best` says whether it is the best so far.

    `seconds_left` is a guess for the rest of the training, where that can be guessed.
    """

    kind = "epoch"

    epoch: int
    epochs: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    phase: str = ""
    seconds: float = 0.0
    seconds_left: float | None = None
    best: bool = False

    @property
    def score(self) -> EpochScore:
        """How good it was."""
        return EpochScore(
            self.epoch,
            None,
            self.train_loss,
            self.train_accuracy,
            self.validation_loss,
            self.validation_accuracy,
        )


@dataclass(frozen=True)
class Finished(TrainingEvent):
    """How a training ended, which is also the summary of its run. What is not known is None.

    The scores are those of what is kept: of `best_epoch`, or of the mean of the epochs `averaged`,
    the first and the last. `classifier`: it has left one. `seconds` by part, and in "total".
    """

    kind = "finished"

    validation_accuracy: float | None = None
    validation_loss: float | None = None
    test_accuracy: float | None = None
    best_epoch: int | None = None
    averaged: list[int] | None = None
    epochs: int = 0
    trainable_parameters: int | None = None
    frozen_parameters: int | None = None
    precision: str | None = None
    device: str | None = None
    examples: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    stopped: bool = False
    classifier: bool = False

    @property
    def kept(self) -> str:
        """Which epochs the classifier is made of, in words; empty where nothing is known."""
        if self.averaged:
            return f"mean of epochs {self.averaged[0]} to {self.averaged[1]}"
        return "" if self.best_epoch is None else f"epoch {self.best_epoch}"
