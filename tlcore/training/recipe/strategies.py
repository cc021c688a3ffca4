"""Strategies: five usual ways of choosing what learns when. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.errors import RecipeRefused
from tlcore.training.recipe.phases import resolve_learning
from tlcore.training.recipe.presets import last_stages, layer_decay
from tlcore.training.recipe.recipe import Recipe

HEAD_PART = 4  # the head alone gets a quarter of the epochs


@dataclass(frozen=True)
class Strategy:
    """One way to fine-tune: its name in code, what it is called in the field and in plain words,
    and two sentences about it."""

    name: str
    title: str
    plain: str
    words: str


STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy
    for strategy in (
        Strategy(
            "frozen",
            "Feature extraction",
            "Only the new head",
            "The whole backbone stays as it is, and only the new head learns. It is the quickest "
            "way, and with few pictures often the best.",
        ),
        Strategy(
            "last",
            "Fine-tune the last stages",
            "Head and last stages",
            "After the head has found its feet, the topmost stages adapt to your pictures too. "
            "What the network knows of edges and textures stays untouched.",
        ),
        Strategy(
            "full",
            "Fine-tune everything",
            "Everything",
            "All stages learn from the first step on, the lower ones more gently. It needs many "
            "pictures, and it is the slowest way, because nothing can be kept.",
        ),
        Strategy(
            "two_phase",
            "Two phases",
            "First the head, then all",
            "First only the new head learns; then everything is unfrozen and goes on at a lower "
            "rate. The classic recipe: the untrained head cannot spoil what the network knows.",
        ),
        Strategy(
            "gradual",
            "Gradual unfreezing",
            "Stage by stage",
            "After the head, one stage after the other joins in, from the top down. Each has time "
            "to settle before the next one moves.",
        ),
    )
}


def apply_strategy(strategy: str, recipe: Recipe, stages: Sequence[str], pictures: int) -> Recipe:
    """The recipe with what learns when as the strategy says, for a number of training `pictures`.

    Augmentation, head, epochs and regularisation stay as they are. Raises RecipeRefused.
    """
    if strategy not in STRATEGIES:
        raise RecipeRefused(
            f"There is no strategy “{strategy}”.", f"Choose one of: {', '.join(STRATEGIES)}."
        )
    head_epochs = min(max(1, recipe.epochs // HEAD_PART), recipe.epochs - 1)
    decay = layer_decay(pictures)
    changes: dict[str, dict[str, Any]] = {
        "frozen": {"learning": "head", "head_epochs": 0, "layer_decay": 1.0},
        "last": {
            "learning": last_stages(pictures),
            "head_epochs": head_epochs,
            "layer_decay": decay,
        },
        "full": {"learning": "all", "head_epochs": 0, "layer_decay": decay},
        "two_phase": {"learning": "all", "head_epochs": head_epochs, "layer_decay": decay},
        "gradual": {
            "learning": "all",
            "head_epochs": head_epochs,
            "layer_decay": decay,
            "unfreezing": "gradual",
        },
    }
    plain = {"unfreezing": "at_once", "preset": "custom"}
    return recipe.with_changes(**{**plain, **changes[strategy]})


def strategy_of(recipe: Recipe) -> str | None:
    """The strategy that a recipe follows; None if it is none of them (a middle stage, say)."""
    learning = recipe.learning
    if not isinstance(learning, str):
        if not any(learning):
            learning = "head"
        elif all(learning):
            learning = "all"
        else:
            lowest = learning.index(True)
            if not all(learning[lowest:]):
                return None
            learning = "last"
    if learning == "head":
        return "frozen"
    if recipe.unfreezing == "gradual":
        return "gradual"
    if learning in ("all", "from:1"):
        return "two_phase" if recipe.head_epochs else "full"
    return "last"


def followed_strategy(recipe: Recipe, stages: Sequence[str], pictures: int) -> str | None:
    """The strategy that a recipe follows, its number of learning stages included; else None.

    "last" may let the last stage learn alone, or as many stages as it takes by default for this
    number of training `pictures`.
    """
    name = strategy_of(recipe)
    if name != "last":
        return name
    usual = ("last", last_stages(pictures))
    learning = resolve_learning(recipe.learning, stages)
    return name if learning in [resolve_learning(words, stages) for words in usual] else None
