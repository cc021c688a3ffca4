"""The cuts of one backbone that the phases of a training want."""

from __future__ import annotations

from torch import nn

from tlcore.backbones.cut.cut import Cut, cut_or_whole
from tlcore.backbones.cut.stages import frozen_as
from tlcore.training.recipe.phases import Phase


class Cuts:
    """Makes each cut when it is first wanted, and gives the same one ever after.

    Making one leaves the backbone as it was, and what is frozen at that moment has no part in it:
    a cut depends on nothing but what is asked for. `size` is (C, H, W) of the pictures, `stages`
    the number of the backbone's stages.
    """

    def __init__(self, backbone: nn.Module, size: tuple[int, int, int], stages: int):
        self.backbone = backbone
        self.size = size
        self.stages = stages
        self._made: dict[tuple[int, tuple[bool, ...]], Cut] = {}

    def of(self, phase: Phase) -> Cut:
        """At the freeze line of a phase, traced with the stages learning that learn in it.

        A backbone that cannot be divided there comes whole: `stage_index` is 0.
        """
        return self._cut(phase.cut, phase.learning)

    def frozen(self, stage_index: int) -> Cut:
        """Below this stage, with everything frozen: for looking at pictures, not for learning."""
        return self._cut(stage_index, (False,) * self.stages)

    def _cut(self, stage_index: int, learning: tuple[bool, ...]) -> Cut:
        key = stage_index, learning
        if key not in self._made:
            with frozen_as(self.backbone, learning):
                self._made[key] = cut_or_whole(self.backbone, stage_index, self.size)
        return self._made[key]
