"""Presets: working defaults by the number of training pictures. No torch here."""

from __future__ import annotations

import math

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.errors import RecipeRefused
from tlcore.training.recipe.recipe import Recipe

PRESETS: dict[str, str] = {
    "quick": "Only the new head learns. Ready in seconds; right for most first tries.",
    "balanced": "The new head learns first, then the last stages of the backbone join in gently.",
    "thorough": (
        "The head learns first, then stage after stage joins in from the top, each lower one more "
        "gently. Takes by far the longest; try it against Balanced in a race before you rely on it."
    ),
}
# The preset from which a strategy takes all other settings; any strategy not named: Balanced.
PRESET_OF_STRATEGY: dict[str, str] = {"frozen": "quick", "gradual": "thorough"}
# Training pictures. With fewer than FEWEST a second stage and a higher rate do harm: on 34 pictures
# of ants and bees they cost 1 to 3 points, on 51 and more of six other kinds they gained 1 to 4.
FEWEST = 50
FEW = 200
MANY = 2000
LARGEST_BATCH = 64


def preset(name: str, backbone: str, pictures: int) -> Recipe:
    """The defaults of a preset for a number of training `pictures`. Raises RecipeRefused."""
    if name not in PRESETS:
        raise RecipeRefused(
            f"There is no preset “{name}”.", f"Choose one of: {', '.join(PRESETS)}."
        )
    batch = batch_size(pictures)
    if name == "quick":
        return Recipe(
            backbone=backbone, preset="quick", learning="head", epochs=30, patience=8,
            batch_size=batch, head_rate=1e-3, weight_decay=0.1, dropout=0.2,
        )  # fmt: skip
    if name == "balanced":
        return Recipe(
            backbone=backbone, preset="balanced", learning=last_stages(pictures), epochs=20,
            head_epochs=6, patience=10, batch_size=min(batch, 32), head_rate=1e-3,
            backbone_rate=backbone_rate(backbone, pictures), layer_decay=layer_decay(pictures),
            label_smoothing=label_smoothing(pictures), weight_decay=0.1, dropout=0.2,
            flips=True, crops=True, views=8 if FEWEST <= pictures < FEW else 4,
        )  # fmt: skip
    return Recipe(
        backbone=backbone, preset="thorough", learning="all", unfreezing="gradual",
        epochs=36 if pictures < MANY else 26, head_epochs=6, patience=0,
        batch_size=min(batch, 32), head_rate=1e-3, backbone_rate=2e-4,
        layer_decay=layer_decay(pictures), label_smoothing=label_smoothing(pictures),
        weight_decay=0.1, dropout=0.2, flips=True, crops=True, views=6,
    )  # fmt: skip


def batch_size(pictures: int) -> int:
    """A power of two from 8 to 64 that makes about a dozen steps an epoch at least."""
    return int(
        2 ** min(math.log2(LARGEST_BATCH), max(3, round(math.log2(max(pictures, 1) / 12 + 1))))
    )


def last_stages(pictures: int) -> str:
    """Which stages learn with the head where not all do: the last, or the upper third."""
    return "last" if pictures < FEWEST else "upper"


def backbone_rate(backbone: str, pictures: int) -> float:
    """The learning rate of the last stage.

    The bundled backbone learned from far fewer pictures than others and has more to gain: twice the
    rate, with twice the views, gave it a point in the mean of six sets (-0.4 to 2.6, one draw), and
    cost a backbone trained on ImageNet three (MobileNetV2, flowers, one draw).
    """
    return 6e-4 if backbone == DEFAULT_BACKBONE and pictures >= FEWEST else 3e-4


def layer_decay(pictures: int) -> float:
    """The factor from a stage's rate to the next lower one's: the fewer pictures, the smaller."""
    return 0.5 if pictures < FEW else 0.65 if pictures < MANY else 0.8


def label_smoothing(pictures: int) -> float:
    """The share of the target that goes to the other labels (Szegedy et al. 2016).

    It keeps a network that could learn its pictures by heart from growing too sure of them; with
    very many there is less to guard against.
    """
    return 0.1 if pictures < MANY else 0.05
