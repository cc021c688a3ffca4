"""Training as a generator of events: whoever iterates it drives it. It knows no screen or pipe.

Same recipe, same pictures and same seed give the same curves on the same machine: every epoch
seeds its own order and its own dropout, whether features were kept already or not.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import torch

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped, never
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit import events as account
from tlcore.training.fit.checkpoint import Position
from tlcore.training.fit.clock import Clock
from tlcore.training.fit.epoch import (
    SCORE_BATCH,
    Diverged,
    Pace,
    diverged,
    order,
    score,
    train_epoch,
)
from tlcore.training.fit.final_weights import settle
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.memory_errors import memory_errors_explained
from tlcore.training.fit.resume import Bookmark
from tlcore.training.inputs.assembly import assemble
from tlcore.training.inputs.input_source import Supply
from tlcore.training.inputs.planned_cuts import rungs_below
from tlcore.training.inputs.start import Beginning
from tlcore.training.recipe.phases import Phase
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.paths import find_home

T = TypeVar("T")
MEASURED_PICTURES = 256
MOST_STEP_EVENTS = 400


def train(
    recipe: Recipe,
    examples: TrainingSet,
    *,
    folder: Path,
    home: Path | None = None,
    stop: Stop = never,
    beginning: Beginning | None = None,
) -> Iterator[Event]:
    """Train a classifier into `folder`, keeping features under `home` (default: Graft's own).

    Yields `progress`, `note`, `phase`, `step`, `epoch` and at last `finished` events. `stop` is
    asked at every step; when it says so, the best epoch so far stays in `folder` and `finished`
    has "stopped": true. `beginning` says where to start from; a training that was broken off goes
    on after an event `resumed`, and events of epochs and steps beyond it no longer hold. Raises
    TrainingFailed, RecipeRefused, UnknownModel, WeightsUnavailable or ClassifierInvalid; what was
    best until then stays in `folder`.
    """
    with (
        memory_errors_explained(),
        closing(Training(recipe, examples, folder, home, stop, beginning)) as training,
    ):
        yield from training.events()
        if not training.stopped:
            training.bookmark.remove()


class Training:
    """One training from its first event to its last, and what can be asked of it afterwards."""

    def __init__(
        self,
        recipe: Recipe,
        examples: TrainingSet,
        folder: Path,
        home: Path | None = None,
        stop: Stop = never,
        beginning: Beginning | None = None,
    ):
        self.recipe = recipe
        self.examples = examples
        self.stop = stop
        self.beginning = beginning or Beginning()
        self.clock = Clock()
        self.epochs = self.steps = 0
        self.stopped = False
        self.learner: Learner | None = None
        with self.clock.part("prepare"):
            start, origin = self.beginning.start, self.beginning.origin
            self.assembly = assemble(recipe, examples, start=start, origin=origin)
            self.keeper = self.assembly.keeper(folder)
            self.supply = Supply(self.assembly, examples, home or find_home(), stop)
            self.bookmark = Bookmark(self)
        steps = len(self.batches(0)) * recipe.epochs
        self.told_every = max(1, -(-steps // MOST_STEP_EVENTS))

    def events(self) -> Iterator[Event]:
        """Everything that `train` yields."""
        yield from account.opening(self)
        try:
            for number, phase in enumerate(self.assembly.phases, start=1):
                if not self.bookmark.behind(number):
                    yield from self._phase(number, phase)
            yield from settle(self.assembly, self.supply, self.keeper, self.epochs, self.stop)
        except Diverged:
            self.bookmark.remove()  # going on from there would end the same way
            raise
        except Stopped:
            self.stopped = True
            self.bookmark.save()
            self._keep_unscored()
        yield Event("finished", self.summary())

    def close(self) -> None:
        """Let go of kept features and files; nothing can be asked of this training afterwards."""
        self.supply.keeping.close()

    def _phase(self, number: int, phase: Phase) -> Iterator[Event]:
        """All epochs of one phase, after what is frozen in it was looked at once."""
        inside = self.bookmark.inside(number)
        if not inside:
            yield Event("phase", account.phase_data(self, number, phase))
        with self.clock.part("prepare"):
            if not inside:
                self.keeper.restore()
            rungs = rungs_below(self.assembly, phase)
            cut = self.assembly.cut(phase)
            self.clock.new_phase()
        if cut.stage_index != phase.cut and not inside:
            yield account.note(account.UNCUT)
        yield from self._timed("features", self.supply.enter(cut, phase.views, rungs))
        learner = self.learner = self._learner(cut, phase, inside)
        if self.assembly.head_taken and self.steps == 0 and self.keeper.best is None:
            yield from self._score_start(learner)
        waited, done = self.bookmark.epochs_of(number)
        for epoch in range(done + 1, phase.epochs + 1):
            row = yield from self._epoch(learner, Position(number, epoch - 1, waited), phase)
            waited = 0 if row["best"] else waited + 1
            levelled = 0 < self.recipe.patience <= waited and epoch < phase.epochs
            ended = levelled or epoch == phase.epochs
            self.bookmark.turn(Position(number, epoch, waited, ended))
            if levelled:
                yield account.note(account.LEVELLED.format(patience=self.recipe.patience))
                break

    def _score_start(self, learner: Learner) -> Generator[Event, None, None]:
        """What it begins with is offered too, as epoch 0: going on is not to lose anything."""
        validation = yield from self._timed("features", self.supply.validation())
        if validation is None:
            return
        tally = score(learner, validation, self.assembly.validation_targets, self.stop)
        told = {"validation_loss": tally.mean_loss, "validation_accuracy": tally.accuracy}
        self.keeper.offer({"epoch": 0, **told})
        yield account.note(account.BEGAN.format(right=tally.right, examples=tally.examples))

    def _learner(self, cut: Cut, phase: Phase, inside: bool) -> Learner:
        """What learns in this phase; it goes on with what the last one's optimiser remembers."""
        done, batches = self.bookmark.steps_of(inside)
        pooled = cut.stage_index == len(self.assembly.stages)
        learner = self.assembly.learner(
            cut,
            phase,
            steps=phase.epochs * len(self.batches(0)),
            precision="float32" if pooled else self.supply.precision("train"),
            first_step=self.steps - (done - batches),
        )
        learner.remember(self.learner.memory if self.learner else self.bookmark.memory)
        learner.step_number = done
        return learner

    def _epoch(
        self, learner: Learner, position: Position, phase: Phase
    ) -> Generator[Event, None, dict[str, Any]]:
        """The epoch after `position`, told in events. Its value is its `epoch` event's data."""
        epoch = position.epoch + 1
        view = self.supply.view(phase, epoch)
        training = yield from self._timed("features", self.supply.training(view))
        validation = yield from self._timed("features", self.supply.validation())
        began = time.perf_counter()
        seed = self.recipe.seed * 1_000_003 + self.epochs
        progress = self.bookmark.open(position, seed)
        if self.steps == 0 and progress.done == 0 and not self.assembly.head_taken:
            chosen = _spread(len(self.assembly.targets))
            learner.measure(training.batches(chosen), self.assembly.targets[torch.cat(chosen)])
        batches = self.batches(self.epochs)
        kept = self.keeper.best is not None
        pace = Pace(self.epochs + 1, self.recipe.epochs, self.steps, self.told_every, kept)
        targets = self.assembly.targets
        yield from train_epoch(learner, training, targets, batches, pace, self.stop, progress)
        scored = None
        if validation is not None:
            targets = self.assembly.validation_targets
            scored = score(learner, validation, targets, self.stop, kept=kept)
        self.steps += len(batches)
        self.epochs += 1
        self.clock.epoch(time.perf_counter() - began)
        row = account.epoch_data(self, phase, epoch, progress.tally, scored)
        if not self.keeper.sound:
            raise diverged(learner.rates_set, kept=kept)
        row["best"] = self.keeper.offer(row)
        yield Event("epoch", row)
        return row

    def batches(self, epoch: int) -> list[torch.Tensor]:
        """Indices of the training examples in each batch of an epoch (from 0)."""
        count = len(self.assembly.targets)
        return order(count, self.recipe.batch_size, self.recipe.seed, epoch)

    def _timed(self, part: str, events: Generator[Event, None, T]) -> Generator[Event, None, T]:
        """Pass events on and count the seconds between them, without those that a reader takes."""
        while True:
            with self.clock.part(part):
                try:
                    event = next(events)
                except StopIteration as done:
                    return done.value  # type: ignore[no-any-return]
            yield event

    def _keep_unscored(self) -> None:
        """Stopped before the first epoch was over: what was learned until then is kept as it is."""
        started = self.learner is not None and self.learner.step_number > 0
        if self.keeper.best is None and started and self.keeper.sound:
            self.keeper.keep({"epoch": 0})

    def summary(self) -> dict[str, Any]:
        """The data of the `finished` event, as things stand now."""
        return account.summary(self)


def _spread(count: int) -> tuple[torch.Tensor, ...]:
    """Batches of indices evenly over all training examples, which stand sorted by label."""
    chosen = torch.linspace(0, count - 1, min(count, MEASURED_PICTURES)).round().long()
    return torch.split(chosen, SCORE_BATCH)
