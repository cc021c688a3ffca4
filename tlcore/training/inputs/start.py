"""Where a training starts: from nothing, from a classifier, or where it stood. No torch here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tlcore.training.recipe.phases import WARMED_SHARE
from tlcore.training.recipe.recipe import Recipe


@dataclass(frozen=True)
class TrainingStart:
    """`classifier`: a folder whose weights are taken over, and `origin` what to note of it.

    `checkpoint`: the file that says where the training stands, read first and written on the way.
    `resumed`: it has sent events before.
    """

    classifier: Path | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    checkpoint: Path | None = None
    resumed: bool = False


def continued(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe for so many more epochs of a finished run: all that learned in the end goes on.

    It goes on at the rates that it had at last. To be started from that run's classifier.
    """
    learns = recipe.learning != "head" and any(recipe.learning)
    warmed = learns and min(recipe.head_epochs, recipe.epochs - 1) > 0
    return recipe.with_changes(
        preset="custom", epochs=epochs, head_epochs=0, unfreezing="at_once",
        head_rate=recipe.head_rate * WARMED_SHARE if warmed else recipe.head_rate,
    )  # fmt: skip
