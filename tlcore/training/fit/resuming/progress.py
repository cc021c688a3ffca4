"""How far a training has come: in its phases and epochs, and within an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field

from tlcore.training.fit.objective import Tally


@dataclass(frozen=True)
class Position:
    """How far a training has come: `epoch` of `phase` is over (both from 1, 0: none).

    `waited`: epochs since the best one of the phase. `ended`: the phase is over.
    """

    phase: int = 0
    epoch: int = 0
    waited: int = 0
    ended: bool = False


@dataclass
class Progress:
    """How far an epoch has come: batches `done`, their sums, and losses not yet reported."""

    done: int = 0
    tally: Tally = field(default_factory=Tally)
    recent: list[float] = field(default_factory=list)
