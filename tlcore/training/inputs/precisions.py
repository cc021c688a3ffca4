"""The precisions in which a training computes, each measured when it is first needed."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from tlcore.backbones.cut.stages import frozen_as
from tlcore.backbones.engines.precision import choose_precision
from tlcore.training.recipe.phases import Phase


class Precisions:
    """What is fastest for a backbone on this machine, and which precisions were used so far.

    `cache` is the folder where measurements are kept; `size` is (C, H, W) of the pictures.
    """

    def __init__(self, backbone: nn.Module, size: tuple[int, int, int], cache: Path):
        self.backbone = backbone
        self.size = size
        self.cache = cache
        self._forward: str | None = None
        self._training: dict[tuple[bool, ...], str] = {}

    def forward(self) -> str:
        """For looking at pictures with frozen stages."""
        if self._forward is None:
            self._forward = choose_precision(self.backbone, self.size, "forward", self.cache)
        return self._forward

    def training(self, phase: Phase) -> str:
        """For steps in which the stages of this phase learn."""
        if phase.learning not in self._training:
            with frozen_as(self.backbone, phase.learning):
                measured = choose_precision(self.backbone, self.size, "train", self.cache)
            self._training[phase.learning] = measured
        return self._training[phase.learning]

    @property
    def words(self) -> str:
        """float32, bfloat16, or both where stages differ: how the training has computed so far."""
        used = {*self._training.values(), *([self._forward] if self._forward else [])}
        return " and ".join(sorted(used)) or "float32"
