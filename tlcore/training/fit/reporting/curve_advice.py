"""One plain sentence about the curves of a run. It knows nothing of torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tlcore.training.fit.reporting.events import EpochDone

AdviceKind = Literal[
    "waiting", "early", "no_validation", "improving", "levelled", "memorising", "not_learning"
]


@dataclass(frozen=True)
class Advice:
    """What the curves say (`kind`, for code) and how to say it to a person (`words`)."""

    kind: AdviceKind
    words: str


WORDS: dict[AdviceKind, str] = {
    "waiting": "The first point comes when every picture has been seen once.",
    "early": "Just started: a few more epochs will show where this is going.",
    "no_validation": (
        "There are no validation pictures, so nobody can say how this does on new ones. "
        "Add pictures to get an honest score."
    ),
    "improving": "Still improving: it gets better on pictures it has not learned from.",
    "levelled": "Levelled off: more epochs would change little now.",
    "memorising": (
        "Memorising: it gets better on its own pictures but worse on the others. What is kept "
        "takes that into account. More pictures, more views or fewer learning stages help."
    ),
    "not_learning": (
        "It is hardly learning. A different learning rate, more stages or clearer pictures may "
        "help."
    ),
}


def advise(epochs: Sequence[EpochDone]) -> Advice:
    """Judge the epochs so far, the first one first."""
    kind = _judge(epochs)
    return Advice(kind, WORDS[kind])


def _judge(epochs: Sequence[EpochDone]) -> AdviceKind:
    if not epochs:
        return "waiting"
    train = [epoch.train_loss for epoch in epochs]
    if epochs[-1].validation_loss is None:
        return "no_validation" if len(epochs) >= 3 else "early"
    if len(epochs) < 4:
        return "early"
    validation = [
        math.inf if epoch.validation_loss is None else epoch.validation_loss for epoch in epochs
    ]
    recent = max(2, len(epochs) // 5)
    best = min(validation)
    best_index = validation.index(best)
    now = sum(validation[-recent:]) / recent
    past_best = len(epochs) - 1 - best_index
    if past_best >= recent and now > 1.05 * best and train[-1] < 0.9 * train[best_index]:
        return "memorising"
    before = min(validation[:-recent])
    if best < 0.98 * before:
        return "improving"
    return "levelled" if best < 0.9 * validation[0] or best < 0.3 else "not_learning"
