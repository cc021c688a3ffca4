"""Whether the BatchNorm statistics of learning stages move, and why. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tlcore.training.recipe.recipe import Recipe

# The batch size from which statistics move: a batch's own mean and variance are noisy (Wu &
# He 2018, Group Normalization). Measured with the bundled backbone, 50 pictures of each label, one
# draw: with moving statistics 79 % of hand signs were right at 32 at a time and 87 % at 64 (head
# and last stages), with fixed ones 92 and 90 %; flowers and waste lost 0 to 4 points at 16 (the
# same, and two phases). More than 64 at a time was not measured.
SMALLEST_BATCH = 128

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
class BatchNormMode:
    """Whether the statistics move, and a sentence for people that says why."""

    moving: bool
    words: str


def choose_batchnorm_mode(
    recipe: Recipe, kind: Literal["none", "folded", "real"] = "real"
) -> BatchNormMode:
    """The recipe's own choice, else by the backbone's `kind` of BatchNorm and the batch size."""
    if kind == "none":
        return BatchNormMode(False, NONE)
    if not recipe.pretrained:
        return BatchNormMode(True, RANDOM)
    if recipe.moving_statistics is not None:
        return BatchNormMode(
            recipe.moving_statistics, ASKED_MOVING if recipe.moving_statistics else ASKED_FIXED
        )
    if kind == "folded":
        return BatchNormMode(False, FOLDED)
    moving = recipe.batch_size >= SMALLEST_BATCH
    return BatchNormMode(moving, (LARGE if moving else SMALL).format(batch=recipe.batch_size))
