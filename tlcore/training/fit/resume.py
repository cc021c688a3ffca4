"""Remembers where a training stands: writes checkpoints on the way, and goes on from one."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import torch

from tlcore.training.fit.checkpoint import (
    Checkpoint,
    Position,
    random_state,
    read_checkpoint,
    set_random_state,
    write_checkpoint,
)
from tlcore.training.fit.epoch import Progress
from tlcore.training.fit.learner import Learner, Memory

if TYPE_CHECKING:
    from tlcore.training.fit.loop import Training

EVERY_SECONDS = 5.0  # at most so often, and never more than a twentieth of the time
SHARE = 20


class Bookmark:
    """Where one training stands. What it found in its file is taken up once, when it is made."""

    def __init__(self, training: Training):
        self.training = training
        self.path = training.beginning.checkpoint
        self.position = Position()
        self.progress: Progress | None = None
        self.memory: Memory = {}
        self.learner_step = 0
        self.seconds = 0.0
        self.found = False
        self._random: dict[str, torch.Tensor] = {}
        self._due = time.monotonic() + EVERY_SECONDS
        saved = read_checkpoint(self.path, self.key) if self.path else None
        if saved is not None:
            self._take_up(saved)

    @property
    def key(self) -> str:
        """Names a training: a checkpoint of another recipe, or other pictures, is of no use."""
        training = self.training
        recipe = json.dumps(training.recipe.to_json(), sort_keys=True)
        parts = (
            recipe,
            training.examples.fingerprint,
            training.assembly.fingerprint(len(training.assembly.stages)),
        )
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()

    def behind(self, phase: int) -> bool:
        """Whether this phase (from 1) was over already when the training was taken up."""
        if not self.found:
            return False
        return phase < self.position.phase or (phase == self.position.phase and self.position.ended)

    def inside(self, phase: int) -> bool:
        """Whether the training was taken up in the middle of this phase."""
        return self.found and phase == self.position.phase and not self.position.ended

    def epochs_of(self, phase: int) -> tuple[int, int]:
        """(epochs since the best one, epochs done) of a phase that is about to be worked on."""
        if not self.inside(phase):
            return 0, 0
        return self.position.waited, self.position.epoch

    def steps_of(self, inside: bool) -> tuple[int, int]:
        """(steps of the phase that are done, those of them in a half-done epoch)."""
        if not inside:
            return 0, 0
        return self.learner_step, self.progress.done if self.progress else 0

    def open(self, position: Position, seed: int) -> Progress:
        """An epoch begins after `position`, or goes on where it was broken off."""
        half_done = self.progress if self.found and position == self.position else None
        self.found = False
        self.position = position
        self.progress = half_done or Progress()
        if half_done is not None and self._random:
            set_random_state(self._random, self.training.assembly.device)
        else:
            torch.manual_seed(seed)
        return self.progress

    def turn(self, position: Position) -> None:
        """An epoch is over: write a checkpoint if the last one is long ago."""
        self.position, self.progress = position, None
        if self.path is not None and time.monotonic() >= self._due:
            self.save()

    def save(self) -> None:
        """Write a checkpoint now, if there is anything to remember and room to write it."""
        if self.path is None or self.training.learner is None:
            return
        began = time.monotonic()
        with contextlib.suppress(OSError):  # a full disk must not end the training itself
            write_checkpoint(self.path, self._checkpoint(self.training.learner))
        now = time.monotonic()
        self._due = now + max(EVERY_SECONDS, SHARE * (now - began))

    def _checkpoint(self, learner: Learner) -> Checkpoint:
        training = self.training
        state = training.assembly.network.state_dict()
        return Checkpoint(
            key=self.key,
            position=self.position,
            epochs=training.epochs,
            steps=training.steps,
            learner_step=learner.step_number,
            best=training.keeper.best,
            seconds=training.clock.summary(),
            progress=self.progress,
            network={name: state[name] for name in training.assembly.learning},
            best_weights=training.keeper.weights,
            mean=training.keeper.mean,
            memory=learner.memory,
            random=random_state(training.assembly.device) if self.progress else {},
        )

    def remove(self) -> None:
        """The training has ended well: nothing is left to go on with."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def data(self) -> dict[str, Any]:
        """The data of a `resumed` event: what was said beyond this is done, and told, again."""
        steps = len(self.training.batches(0))
        done = self.progress.done if self.progress else 0
        return {
            "epochs": self.training.epochs,
            "position": round(self.training.epochs + done / steps, 4),
            "steps": self.training.steps + done,
            "phase": self.position.phase,
            "seconds": self.seconds,
        }

    def _take_up(self, saved: Checkpoint) -> None:
        training = self.training
        training.assembly.network.load_state_dict(saved.network, strict=False)
        training.keeper.go_on(saved.best, saved.best_weights, saved.mean)
        training.epochs, training.steps = saved.epochs, saved.steps
        training.clock.go_on(saved.seconds)
        self.seconds = saved.seconds["total"]
        self.position, self.progress = saved.position, saved.progress
        self.memory, self.learner_step = saved.memory, saved.learner_step
        self._random = saved.random
        self.found = True
