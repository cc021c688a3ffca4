"""Writes checkpoints of a training on the way, and takes it up where the last one left it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from tlcore.training.fit.learner import Learner, Memory
from tlcore.training.fit.resuming.checkpoint import (
    Checkpoint,
    random_state,
    read_checkpoint,
    write_checkpoint,
)
from tlcore.training.fit.resuming.progress import Position, Progress
from tlcore.training.fit.resuming.state import TrainingState
from tlcore.training.inputs.assembly import Assembly

EVERY_SECONDS = 5.0  # at most so often, and never more than a twentieth of the time
SHARE = 20


@dataclass(frozen=True)
class ResumePoint:
    """Where a training was taken up: after this position, with `progress` in the next epoch.

    `learner_step` counts the steps of the phase, `memory` is what its optimiser remembered, and
    `random` the random state in a half-done epoch. `seconds` had been worked by then. Without a
    checkpoint it is the very beginning.
    """

    position: Position = field(default_factory=Position)
    progress: Progress | None = None
    learner_step: int = 0
    memory: Memory = field(default_factory=dict)
    random: dict[str, Tensor] = field(default_factory=dict)
    seconds: float = 0.0
    resumed: bool = False

    def behind(self, phase: int) -> bool:
        """Whether this phase (from 1) was over already."""
        over = self.position.phase + self.position.ended
        return self.resumed and phase < over

    def inside(self, phase: int) -> bool:
        """Whether the training was taken up in the middle of this phase (from 1)."""
        return self.resumed and phase == self.position.phase and not self.position.ended

    def half_done(self, position: Position) -> Progress | None:
        """The progress of the epoch after this position, if that was broken off."""
        return self.progress if self.resumed and position == self.position else None

    @property
    def done(self) -> int:
        """Batches that were done in the half-done epoch; 0 between epochs."""
        return self.progress.done if self.progress else 0


class Checkpoints:
    """The checkpoint file of one training. Without a `path` nothing is read or written."""

    def __init__(self, path: Path | None, state: TrainingState):
        self.path = path
        self.state = state
        self.resumed = False
        self.key = training_key(state.assembly)
        self._due = time.monotonic() + EVERY_SECONDS

    def restore(self) -> ResumePoint:
        """Make the state, and the network in it, what the file says, if it is of this training."""
        saved = read_checkpoint(self.path, self.key) if self.path else None
        if saved is None:
            return ResumePoint()
        state = self.state
        state.assembly.network.load_state_dict(saved.network, strict=False)
        state.objective.load_state_dict(saved.objective)
        state.best.resume(saved.best, saved.best_weights, saved.mean)
        state.clock.resume(saved.seconds)
        state.epochs, state.steps = saved.epochs, saved.steps
        state.position, state.progress = saved.position, saved.progress
        self.resumed = True
        return ResumePoint(
            saved.position,
            saved.progress,
            saved.learner_step,
            saved.memory,
            saved.random,
            saved.seconds["total"],
            resumed=True,
        )

    def save_if_due(self) -> None:
        """Write a checkpoint if the last one is long ago."""
        if time.monotonic() >= self._due:
            self.save()

    def save(self) -> None:
        """Write a checkpoint now, if there is anything to remember and room to write it."""
        state = self.state
        if self.path is None or state.learner is None or (self.resumed and not state.moved):
            return
        began = time.monotonic()
        with contextlib.suppress(OSError):  # a full disk must not end the training itself
            write_checkpoint(self.path, self._checkpoint(state.learner))
        now = time.monotonic()
        self._due = now + max(EVERY_SECONDS, SHARE * (now - began))

    def remove(self) -> None:
        """The training has ended well: nothing is left to go on with."""
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                self.path.unlink()

    def _checkpoint(self, learner: Learner) -> Checkpoint:
        state = self.state
        tensors = state.assembly.network.state_dict()
        return Checkpoint(
            key=self.key,
            position=state.position,
            epochs=state.epochs,
            steps=state.steps,
            learner_step=learner.step_number,
            best=state.best.best,
            seconds=state.clock.summary(),
            progress=state.progress,
            network={name: tensors[name] for name in state.assembly.learning},
            best_weights=state.best.weights,
            mean=state.best.mean,
            memory=learner.memory,
            random=random_state(state.assembly.device) if state.progress else {},
            objective=state.objective.state_dict(),
        )


def training_key(assembly: Assembly) -> str:
    """Names a training: a checkpoint of another recipe, or other pictures, is of no use."""
    recipe = json.dumps(assembly.recipe.to_json(), sort_keys=True)
    weights = assembly.fingerprint(len(assembly.stages))
    parts = (recipe, assembly.examples.fingerprint, weights)
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
