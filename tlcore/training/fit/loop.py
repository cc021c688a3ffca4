"""Training as a generator of events: whoever iterates it drives it. It knows no screen or pipe.

Same recipe, same pictures and same seed give the same curves on the same machine: every epoch
seeds its own order and its own dropout, whether features were kept already or not.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped, never
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.clock import Clock
from tlcore.training.fit.epoch import (
    Diverged,
    Examples,
    Pace,
    diverged,
    evenly_spread,
    order,
    score,
    train_epoch,
)
from tlcore.training.fit.epoch_score import EpochScore
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.memory_errors import memory_errors_explained
from tlcore.training.fit.objective import Objective, Tally, objective_of
from tlcore.training.fit.phase_learner import phase_learner
from tlcore.training.fit.reporting import announcements
from tlcore.training.fit.reporting.events import EpochDone, Finished, Note
from tlcore.training.fit.resuming.checkpoint import set_random_state
from tlcore.training.fit.resuming.progress import Position, Progress
from tlcore.training.fit.resuming.resume import Checkpoints
from tlcore.training.fit.resuming.state import TrainingState
from tlcore.training.fit.weights.best_weights import best_weights
from tlcore.training.fit.weights.final_weights import keep_final_weights
from tlcore.training.inputs.assembly import assemble
from tlcore.training.inputs.batches import Inputs
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.inputs.input_source import InputSource, phase_source
from tlcore.training.inputs.start import TrainingStart
from tlcore.training.recipe.phases import Phase
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.paths import find_home

T = TypeVar("T")
MOST_STEP_EVENTS = 400


def train(
    recipe: Recipe,
    examples: TrainingSet,
    *,
    folder: Path,
    home: Path | None = None,
    stop: Stop = never,
    start: TrainingStart | None = None,
) -> Iterator[Event]:
    """Train a classifier into `folder`, keeping features under `home` (default: Graft's own).

    Yields `progress`, and what `tlcore.training.fit.reporting.events` describes, `finished` at
    last. `stop` is called at every step; when it says so, the best epoch so far stays in `folder`
    and `finished` has "stopped": true. `start` says where to begin; a training that was broken off
    goes on after an event `resumed`, and events of epochs and steps beyond it no longer hold.
    Raises TrainingFailed, RecipeRefused, UnknownModel, WeightsUnavailable or ClassifierInvalid;
    what was best until then stays in `folder`.
    """
    with (
        memory_errors_explained(),
        closing(Training(recipe, examples, folder, home, stop, start)) as training,
    ):
        yield from training.events()
        if not training.state.stopped:
            training.checkpoints.remove()


class Training:
    """One training from its first event to its last, and what can be had of it afterwards.

    `objective` replaces the recipe's.
    """

    def __init__(
        self,
        recipe: Recipe,
        examples: TrainingSet,
        folder: Path,
        home: Path | None = None,
        stop: Stop = never,
        start: TrainingStart | None = None,
        objective: Objective | None = None,
    ):
        self.recipe = recipe
        self.examples = examples
        self.stop = stop
        self.start = start or TrainingStart()
        clock = Clock()
        with clock.part("prepare"):
            self.assembly = assemble(recipe, examples, start=self.start.classifier)
            self.cache = FeatureCache(self.assembly, home or find_home(), stop)
            self.best = best_weights(self.assembly, folder, self.start.origin)
            self.state = TrainingState(
                self.assembly,
                objective or objective_of(recipe, self.assembly.label_weights),
                self.best,
                clock,
                self.cache.precisions,
            )
            self.checkpoints = Checkpoints(self.start.checkpoint, self.state)
            self.point = self.checkpoints.restore()

    def events(self) -> Iterator[Event]:
        """Everything that `train` yields."""
        batches = len(self._batches(0))
        resumed = self.start.resumed
        for event in announcements.opening(
            self.state, self.point, resumed=resumed, batches=batches
        ):
            yield event.to_event()
        try:
            for number, phase in enumerate(self.assembly.phases, start=1):
                if not self.point.behind(number):
                    yield from self._phase(number, phase)
            yield from keep_final_weights(self.best, self.cache, self.state.epochs, self.stop)
        except Diverged:
            self.checkpoints.remove()  # going on from there would end the same way
            raise
        except Stopped:
            self.state.stopped = True
            self.checkpoints.save()
            self._keep_unscored()
        yield self.finished().to_event()

    def finished(self) -> Finished:
        """How it ended, as things stand now."""
        return announcements.finished(self.state)

    def close(self) -> None:
        """Let go of kept features and files; nothing can be had of this training afterwards."""
        self.cache.close()

    def _phase(self, number: int, phase: Phase) -> Iterator[Event]:
        """All epochs of one phase, after what is frozen in it was looked at once."""
        inside = self.point.inside(number)
        if not inside:
            yield announcements.phase_began(self.state, number, phase).to_event()
        with self.state.clock.part("prepare"):
            if not inside:
                self.best.restore()
            cut = self.assembly.cuts.of(phase)
            source = phase_source(self.cache, phase, cut)
            self.state.clock.new_phase()
        if cut.stage_index != phase.cut and not inside:
            yield Note(announcements.UNCUT).to_event()
        yield from (Note(words).to_event() for words in source.plan.notes)
        learner = self.state.learner = self._learner(cut, phase, inside)
        if self.assembly.warm_head and self.state.steps == 0 and self.best.best is None:
            yield from self._score_start(learner, source)
        first, waited = (1, 0)
        if inside:
            first, waited = self.point.position.epoch + 1, self.point.position.waited
        for epoch in range(first, phase.epochs + 1):
            position = Position(number, epoch - 1, waited)
            done = yield from self._epoch(learner, source, position, phase)
            waited = 0 if done.best else waited + 1
            levelled = 0 < self.recipe.patience <= waited and epoch < phase.epochs
            ended = levelled or epoch == phase.epochs
            self.state.position = Position(number, epoch, waited, ended)
            self.state.progress = None
            self.checkpoints.save_if_due()
            if levelled:
                words = announcements.LEVELLED.format(patience=self.recipe.patience)
                yield Note(words).to_event()
                break

    def _learner(self, cut: Cut, phase: Phase, inside: bool) -> Learner:
        """What learns in this phase; it goes on with what the last one's optimiser remembers."""
        state, point = self.state, self.point
        done = point.learner_step if inside else 0
        in_epoch = point.done if inside else 0
        learner = phase_learner(
            self.assembly,
            phase,
            cut,
            state.objective,
            state.precisions,
            steps=phase.epochs * len(self._batches(0)),
            first_step=state.steps - (done - in_epoch),
        )
        learner.remember(state.learner.memory if state.learner else point.memory)
        learner.step_number = done
        return learner

    def _score_start(self, learner: Learner, source: InputSource) -> Generator[Event, None, None]:
        """Offer what it begins with as epoch 0, so that training further loses nothing."""
        validation = yield from self._timed("features", source.validation())
        if validation is None:
            return
        tally = self._validate(learner, validation)
        accuracy = tally.accuracy
        self.best.offer(
            EpochScore(0, validation_loss=tally.mean_loss, validation_accuracy=accuracy)
        )
        words = announcements.BEGAN.format(right=tally.right, examples=tally.examples)
        yield Note(words).to_event()

    def _epoch(
        self, learner: Learner, source: InputSource, position: Position, phase: Phase
    ) -> Generator[Event, None, EpochDone]:
        """The epoch after `position`. Its value is its event."""
        state = self.state
        view = source.view(phase, position.epoch + 1)
        inputs = yield from self._timed("features", source.training(view))
        splits = self.state.objective.splits
        others = yield from self._timed("features", source.others(splits))
        validation = yield from self._timed("features", source.validation())
        began = time.perf_counter()
        progress = self._open_epoch(position)
        if state.steps == 0 and progress.done == 0 and not self.assembly.warm_head:
            chosen = evenly_spread(len(self.assembly.targets))
            learner.measure(inputs.batches(chosen), self.assembly.targets[torch.cat(chosen)])
        batches = self._batches(state.epochs)
        kept = self.best.best is not None
        pace = Pace(state.epochs + 1, self.recipe.epochs, state.steps, self._report_every(), kept)
        examples = Examples(inputs, self.assembly.targets, others)
        for done in train_epoch(learner, examples, batches, pace, self.stop, progress):
            yield done.to_event()
        scored = None
        if validation is not None:
            scored = self._validate(learner, validation, kept=kept)
        state.steps += len(batches)
        state.epochs += 1
        state.clock.epoch(time.perf_counter() - began)
        event = announcements.epoch_done(state, phase, position.epoch + 1, progress.tally, scored)
        if not self.best.sound:
            raise diverged(learner.rates_set, kept=kept)
        event = replace(event, best=self.best.offer(event.score))
        yield event.to_event()
        return event

    def _open_epoch(self, position: Position) -> Progress:
        """Begin the epoch after `position`, or go on with it where it was broken off."""
        state, half_done = self.state, self.point.half_done(position)
        state.position, state.progress = position, half_done or Progress()
        state.moved = True
        if half_done is not None and self.point.random:
            set_random_state(self.point.random, self.assembly.device)
        else:
            torch.manual_seed(self.recipe.seed * 1_000_003 + state.epochs)
        return state.progress

    def _validate(self, learner: Learner, validation: Inputs, *, kept: bool = False) -> Tally:
        examples = Examples(validation, self.assembly.validation_targets)
        return score(learner, examples, self.stop, kept=kept)

    def _batches(self, epoch: int) -> list[torch.Tensor]:
        """Indices (B,) of the training examples in each batch of an epoch (from 0)."""
        count = len(self.assembly.targets)
        return order(count, self.recipe.batch_size, self.recipe.seed, epoch)

    def _report_every(self) -> int:
        """Every how many steps an event says where it stands."""
        steps = len(self._batches(0)) * self.recipe.epochs
        return max(1, -(-steps // MOST_STEP_EVENTS))

    def _timed(self, part: str, events: Generator[Event, None, T]) -> Generator[Event, None, T]:
        """Pass events on and count the seconds between them, without those that a reader takes."""
        while True:
            with self.state.clock.part(part):
                try:
                    event = next(events)
                except StopIteration as done:
                    return done.value  # type: ignore[no-any-return]
            yield event

    def _keep_unscored(self) -> None:
        """Stopped before the first epoch was over: what was learned until then is kept as it is."""
        learner = self.state.learner
        started = learner is not None and learner.step_number > 0
        if self.best.best is None and started and self.best.sound:
            self.best.keep(EpochScore(0))
