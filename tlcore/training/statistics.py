"""Whether BatchNorm statistics of learning stages move, and why. It knows nothing of torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tlcore.training.recipe import Recipe

# With fewer pictures a batch's own mean and variance are too noisy to learn from: the error of
# BatchNorm rises quickly below 16 (Wu & He 2018, Group Normalization, figure 1).
SMALLEST_BATCH = 16

ASKED_MOVING = "The statistics of BatchNorm move with your pictures in learning stages, as asked."
ASKED_FIXED = "The statistics of BatchNorm stay as they are, also in learning stages, as asked."
NONE = "This backbone keeps no BatchNorm statistics, so there is nothing to choose."
RANDOM = "It starts from random weights, so the statistics of BatchNorm have to be learned too."
FOLDED = (
    "The statistics of BatchNorm stay fixed: in these weights they are folded into the layers "
    "before, so moving them would spoil what the network knows."
)
SMALL = (
    "The statistics of BatchNorm stay fixed in learning stages: {batch} pictures at a time are too "
    "few to measure them well."
)
LARGE = (
    "The statistics of BatchNorm move with your pictures in learning stages: {batch} pictures at a "
    "time are enough to measure them."
)


@dataclass(frozen=True)
class StatisticsChoice:
    """Whether the statistics move, and a sentence that says why."""

    moving: bool
    words: str


def choose_statistics(
    recipe: Recipe, kind: Literal["none", "folded", "real"] = "real"
) -> StatisticsChoice:
    """The recipe's own choice, else by the backbone's `kind` of BatchNorm and the batch size."""
    if kind == "none":
        return StatisticsChoice(False, NONE)
    if not recipe.pretrained:
        return StatisticsChoice(True, RANDOM)
    if recipe.moving_statistics is not None:
        return StatisticsChoice(
            recipe.moving_statistics, ASKED_MOVING if recipe.moving_statistics else ASKED_FIXED
        )
    if kind == "folded":
        return StatisticsChoice(False, FOLDED)
    moving = recipe.batch_size >= SMALLEST_BATCH
    return StatisticsChoice(moving, (LARGE if moving else SMALL).format(batch=recipe.batch_size))
