"""Which views and which cuts the phases of a training will want, so that one pass serves all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.backbones.cut.cut import Cut
from tlcore.training.inputs.cuts import Cuts
from tlcore.training.recipe.phases import Phase


@dataclass(frozen=True)
class PlannedCut:
    """A lower cut that a later phase will want, and in which views."""

    cut: Cut
    views: frozenset[int]


def seen_before(phases: Sequence[Phase], phase: Phase) -> int:
    """How many epochs with changed views come before this phase, if none is cut short."""
    earlier = phases[: phases.index(phase)]
    return sum(before.epochs for before in earlier if before.views > 1)


def view_of(phases: Sequence[Phase], phase: Phase, epoch: int) -> int:
    """Which view epoch `epoch` (from 1) of a phase sees: 0, 1, 2… over the phases, and again."""
    return (seen_before(phases, phase) + epoch - 1) % phase.views


def planned_cuts(phases: Sequence[Phase], phase: Phase, cuts: Cuts) -> list[PlannedCut]:
    """The cuts of all phases after this one that lie lower, the next phase's first."""
    planned: list[PlannedCut] = []
    for later in phases[phases.index(phase) + 1 :]:
        if 0 < later.cut < min([phase.cut, *(plan.cut.stage_index for plan in planned)]):
            cut = cuts.frozen(later.cut)
            views = {view_of(phases, later, epoch) for epoch in range(1, later.epochs + 1)}
            if cut.stage_index == later.cut:
                planned.append(PlannedCut(cut, frozenset(views)))
    return planned
