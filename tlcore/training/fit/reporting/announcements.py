"""What a training says of itself: its events, made from where it stands, and its sentences."""

from __future__ import annotations

from collections.abc import Iterator

from tlcore.training.fit.objective import Tally
from tlcore.training.fit.reporting.events import (
    EpochDone,
    Finished,
    Note,
    PhaseBegan,
    Resumed,
    TrainingEvent,
)
from tlcore.training.fit.resuming.resume import ResumePoint
from tlcore.training.fit.resuming.state import TrainingState
from tlcore.training.recipe.phases import Phase
from tlcore.workspace.records import Split

UNCUT = (
    "This model cannot be divided at the freeze line, so its frozen stages are computed again "
    "in each epoch."
)
BEGAN = (
    "What it begins with gets {right} of {examples} validation pictures right. It counts as epoch "
    "0: if no epoch does better, it is kept."
)
UNVALIDATED = (
    "There are no validation pictures: the curves show only the pictures that it learns from, "
    "and the last epoch is kept."
)
LEVELLED = "Stopped early here: no better epoch in the last {patience}."


def opening(
    state: TrainingState, point: ResumePoint, *, resumed: bool, batches: int
) -> Iterator[TrainingEvent]:
    """What comes first: where it goes on, or what there is to know before it begins.

    `resumed`: it has sent events before, even if there is no checkpoint. `batches` are those of an
    epoch.
    """
    if resumed or point.resumed:
        yield Resumed(
            epochs=state.epochs,
            position=round(state.epochs + point.done / batches, 4),
            phase=point.position.phase,
            steps=state.steps + point.done,
            seconds=point.seconds,
        )
    if point.resumed:
        return
    assembly = state.assembly
    if assembly.warm:
        yield Note(assembly.warm.words)
    for words in assembly.examples.notes:
        yield Note(words)
    if not assembly.examples.of(Split.VALIDATION):
        yield Note(UNVALIDATED)
    if any(assembly.phases[-1].learning):
        yield Note(assembly.statistics.words)


def phase_began(state: TrainingState, number: int, phase: Phase) -> PhaseBegan:
    """The event of the phase with this number (from 1)."""
    assembly = state.assembly
    stages = zip(assembly.stages, phase.learning, strict=True)
    rates = zip(assembly.stages, phase.stage_rates, strict=True)
    return PhaseBegan(
        name=phase.name,
        words=phase.words,
        number=number,
        phases=len(assembly.phases),
        epochs=phase.epochs,
        stages_learning=[stage.title for stage, learns in stages if learns],
        rates={"head": phase.head_rate} | {stage.name: rate for stage, rate in rates if rate},
    )


def epoch_done(
    state: TrainingState, phase: Phase, epoch: int, tally: Tally, scored: Tally | None
) -> EpochDone:
    """The event of an epoch that is over, but for whether it is the best.

    `epoch` counts in its phase; `scored` is what the validation pictures gave, where there are any.
    """
    last = phase is state.assembly.phases[-1]
    left = state.clock.left(phase.epochs - epoch)
    return EpochDone(
        epoch=state.epochs,
        epochs=state.assembly.recipe.epochs,
        train_loss=tally.mean_loss,
        train_accuracy=tally.accuracy,
        validation_loss=scored.mean_loss if scored else None,
        validation_accuracy=scored.accuracy if scored else None,
        phase=phase.name,
        seconds=round(state.clock.last_epoch, 4),
        seconds_left=round(left, 1) if last else None,
    )


def finished(state: TrainingState) -> Finished:
    """How the training ended, as things stand now."""
    kept = state.best.kept
    learning, frozen = state.assembly.parameter_counts
    return Finished(
        validation_accuracy=kept.validation_accuracy if kept else None,
        validation_loss=kept.validation_loss if kept else None,
        best_epoch=kept.epoch if kept else None,
        averaged=list(kept.averaged) if kept and kept.averaged else None,
        epochs=state.epochs,
        trainable_parameters=learning,
        frozen_parameters=frozen,
        precision=state.precisions.words,
        device=state.assembly.device.type,
        examples=state.assembly.examples.counts,
        seconds=state.clock.summary(),
        stopped=state.stopped,
        classifier=state.best.best is not None,
    )
