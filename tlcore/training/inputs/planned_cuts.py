"""Which views and which cuts the phases of a training will want, so that one pass serves all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.backbones.cut.cut import Cut
from tlcore.training.inputs.assembly import Assembly
from tlcore.training.recipe.phases import Phase


@dataclass(frozen=True)
class Rung:
    """A lower cut that a later phase will want, and in which views."""

    cut: Cut
    views: frozenset[int]


def seen_before(phases: Sequence[Phase], phase: Phase) -> int:
    """How many epochs with changed views come before this phase, if none is cut short."""
    before = phases[: phases.index(phase)]
    return sum(one.epochs for one in before if one.views > 1)


def view_of(phases: Sequence[Phase], phase: Phase, epoch: int) -> int:
    """Which view epoch `epoch` (from 1) of a phase sees: 0, 1, 2… over the phases, and again."""
    return (seen_before(phases, phase) + epoch - 1) % phase.views


def rungs_below(assembly: Assembly, phase: Phase) -> list[Rung]:
    """The cuts of all phases after this one that lie lower, the next phase's first.

    Leaves the backbone frozen as a whole: choose what learns in this phase afterwards.
    """
    phases = assembly.phases
    found: list[Rung] = []
    for later in phases[phases.index(phase) + 1 :]:
        if 0 < later.cut < min([phase.cut, *(rung.cut.stage_index for rung in found)]):
            cut = assembly.frozen_cut(later.cut)
            views = {view_of(phases, later, epoch) for epoch in range(1, later.epochs + 1)}
            if cut.stage_index == later.cut:
                found.append(Rung(cut, frozenset(views)))
    return found
