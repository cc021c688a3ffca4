"""What a training says of itself: the data of its events, and its sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tlcore.jobs.events import Event
from tlcore.training.fit.learner import Tally
from tlcore.training.recipe.phases import Phase
from tlcore.workspace.records import Split

if TYPE_CHECKING:
    from tlcore.training.fit.loop import Training

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


def note(words: str) -> Event:
    """A sentence for whoever watches."""
    return Event("note", {"words": words})


def opening(training: Training) -> Iterator[Event]:
    """What is said first: where it goes on, or what there is to know before it begins."""
    assembly, bookmark = training.assembly, training.bookmark
    if training.beginning.resumed or bookmark.found:
        yield Event("resumed", bookmark.data())
    if bookmark.found:
        return
    if assembly.warm:
        yield note(assembly.warm.words)
    for words in training.examples.notes:
        yield note(words)
    if not training.examples.of(Split.VALIDATION):
        yield note(UNVALIDATED)
    if any(assembly.phases[-1].learning):
        yield note(assembly.statistics.words)


def phase_data(training: Training, number: int, phase: Phase) -> dict[str, Any]:
    """The data of the `phase` event of the phase with this number (from 1)."""
    assembly = training.assembly
    stages = zip(assembly.stages, phase.learning, strict=True)
    rates = zip(assembly.stages, phase.stage_rates, strict=True)
    return {
        "name": phase.name,
        "words": phase.words,
        "number": number,
        "phases": len(assembly.phases),
        "epochs": phase.epochs,
        "stages_learning": [stage.title for stage, learns in stages if learns],
        "rates": {"head": phase.head_rate} | {stage.name: rate for stage, rate in rates if rate},
    }


def epoch_data(
    training: Training, phase: Phase, epoch: int, tally: Tally, scored: Tally | None
) -> dict[str, Any]:
    """The data of an `epoch` event, but for whether it is the best; `epoch` counts in its phase.

    `scored` is what the validation pictures gave, where there are any.
    """
    last = phase is training.assembly.phases[-1]
    left = training.clock.left(phase.epochs - epoch)
    return {
        "epoch": training.epochs,
        "epochs": training.recipe.epochs,
        "phase": phase.name,
        "train_loss": tally.mean_loss,
        "train_accuracy": tally.accuracy,
        "validation_loss": scored.mean_loss if scored else None,
        "validation_accuracy": scored.accuracy if scored else None,
        "seconds": round(training.clock.last_epoch, 4),
        "seconds_left": round(left, 1) if last else None,
    }


def summary(training: Training) -> dict[str, Any]:
    """The data of the `finished` event, as things stand now."""
    kept = training.keeper.kept
    learning, frozen = training.assembly.parameter_counts
    return {
        "val_accuracy": kept.get("validation_accuracy"),
        "val_loss": kept.get("validation_loss"),
        "best_epoch": kept.get("epoch"),
        "averaged": kept.get("averaged"),
        "epochs": training.epochs,
        "trainable_parameters": learning,
        "frozen_parameters": frozen,
        "precision": training.supply.precision_words,
        "device": training.assembly.device.type,
        "examples": training.examples.counts,
        "seconds": training.clock.summary(),
        "stopped": training.stopped,
        "classifier": training.keeper.best is not None,
    }
