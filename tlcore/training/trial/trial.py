"""A training that is only tried: the network and the features that a measurement works on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from tlcore.backbones.cut.cut import Cut
from tlcore.jobs.stopping import Stop, never
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.objective import objective_of
from tlcore.training.fit.phase_learner import phase_learner
from tlcore.training.inputs.assembly import Assembly, assemble
from tlcore.training.inputs.feature_cache import FeatureCache
from tlcore.training.recipe.phases import Phase
from tlcore.training.recipe.recipe import Recipe


class Trial:
    """The network of a recipe and its kept features, for steps that nobody keeps.

    `start`: the folder of a classifier with which it would begin.
    """

    def __init__(
        self,
        recipe: Recipe,
        examples: TrainingSet,
        home: Path,
        stop: Stop = never,
        start: Path | None = None,
    ):
        self.recipe = recipe
        self.examples = examples
        self.stop = stop
        self.assembly: Assembly = assemble(recipe, examples, start=start)
        self.cache = FeatureCache(self.assembly, home, stop)

    def learner(
        self, cut: Cut, phase: Phase, steps: int, share: Callable[[int], float] | None = None
    ) -> Learner:
        """The learner of what lies above `cut` in this phase, for a schedule of `steps` steps.

        `share` gives the part of the rates at a step, in the place of the recipe's schedule.
        """
        objective = objective_of(self.recipe, self.assembly.label_weights)
        precisions = self.cache.precisions
        return phase_learner(
            self.assembly, phase, cut, objective, precisions, steps=steps, share=share
        )

    def state(self) -> dict[str, Tensor]:
        """A copy of the tensors that some phase may change, by name."""
        now = self.assembly.network.state_dict()
        return {name: now[name].detach().clone() for name in self.assembly.learning}

    def put_back(self, state: dict[str, Tensor]) -> None:
        """Make the network what it was when `state` was taken."""
        self.assembly.network.load_state_dict(state, strict=False)

    def close(self) -> None:
        """Let go of the kept features."""
        self.cache.close()


def spread(count: int, most: int) -> Tensor:
    """At most `most` indices, evenly over `count` examples that are sorted by label."""
    return torch.linspace(0, count - 1, min(count, most)).round().long()
