"""The lanes of a race: two to four recipes for the same pictures that differ in one respect.

It knows nothing of torch, screens or engines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.errors import RecipeRefused
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, apply_strategy, strategy_of

LEAST_LANES, MOST_LANES = 2, 4
MOST_REPEATS = 5
RATE_STEP = 5.0  # times the rates of the draft, or a part of them
# Changes that hardly any kind of picture forbids: no mirroring and no turning.
SAFE_CHANGES: dict[str, Any] = {"crops": True, "brightness": 0.2, "contrast": 0.2, "views": 4}
NO_CHANGES: dict[str, Any] = {
    "flips": False, "flips_vertical": False, "turn": 0.0, "crops": False, "brightness": 0.0,
    "contrast": 0.0, "colour": 0.0, "erasing": 0.0, "mixup": 0.0, "cutmix": 0.0, "views": 1,
}  # fmt: skip


@dataclass(frozen=True)
class RaceKind:
    """What a race is to find out: its name in code, its title, and a sentence about it."""

    name: str
    title: str
    words: str


RACE_KINDS: dict[str, RaceKind] = {
    kind.name: kind
    for kind in (
        RaceKind(
            "scratch",
            "What does the borrowed network bring?",
            "Your settings, against the same network with random numbers that must learn all by "
            "itself.",
        ),
        RaceKind(
            "freezing",
            "Is it worth letting the network learn?",
            "Only the new head, against a network that adapts to your pictures.",
        ),
        RaceKind(
            "augmentation",
            "Do changed pictures help?",
            "The same training, with changed copies of your pictures and without.",
        ),
        RaceKind("own", "Something else", "Choose two to four settings yourself."),
    )
}


@dataclass(frozen=True)
class Lane:
    """One recipe of a race under a short name."""

    name: str
    recipe: Recipe


def lanes_of(
    kind: str, recipe: Recipe, stages: Sequence[str], pictures: int, chosen: Sequence[str] = ()
) -> tuple[Lane, ...]:
    """The lanes of a race about the draft `recipe`, for so many training pictures.

    `chosen` names variations (`variations`) for the kind "own". Raises RecipeRefused.
    """
    if kind == "scratch":
        return _against_scratch(recipe)
    if kind == "freezing":
        return _freezing(recipe, stages, pictures)
    if kind == "augmentation":
        changed = recipe if changes_pictures(recipe) else customised(recipe, **SAFE_CHANGES)
        plain = customised(recipe, **NO_CHANGES)
        return Lane("Changed pictures", changed), Lane("Pictures as they are", plain)
    if kind != "own":
        raise RecipeRefused(
            f"There is no race “{kind}”.", f"Choose one of: {', '.join(RACE_KINDS)}."
        )
    if not LEAST_LANES <= len(chosen) <= MOST_LANES:
        raise RecipeRefused(
            f"A race needs {LEAST_LANES} to {MOST_LANES} settings; {len(chosen)} are chosen.",
            "Choose more of them, or fewer.",
        )
    offered = variations(recipe, stages, pictures)
    return tuple(Lane(name, offered[name]) for name in chosen if name in offered)


def variations(recipe: Recipe, stages: Sequence[str], pictures: int) -> dict[str, Recipe]:
    """What the draft can be raced against, by name: each differs from it in one respect."""
    recipes = {"Your settings": recipe}
    for strategy in STRATEGIES.values():
        if strategy.name != strategy_of(recipe):
            recipes[strategy.plain] = apply_strategy(strategy.name, recipe, stages, pictures)
    if changes_pictures(recipe):
        recipes["Pictures as they are"] = customised(recipe, **NO_CHANGES)
    else:
        recipes["Changed pictures"] = customised(recipe, **SAFE_CHANGES)
    recipes |= {
        "Larger learning rates": _at_rates(recipe, RATE_STEP),
        "Smaller learning rates": _at_rates(recipe, 1 / RATE_STEP),
        "Half the epochs": _shorter(recipe),
        "From scratch": from_scratch(recipe),
    }
    if recipe.head == "linear":
        recipes["Cosine head"] = customised(recipe, head="cosine", hidden=())
    if not recipe.hidden:
        recipes["Hidden layer in the head"] = customised(recipe, head="linear", hidden=(256,))
    return recipes


def from_scratch(recipe: Recipe) -> Recipe:
    """The same network and number of epochs from random weights, as such a network is trained.

    Everything learns at the head's rate from the first step, BatchNorm statistics move, and
    nothing stops early.
    """
    return customised(
        recipe, pretrained=False, learning="all", unfreezing="at_once", head_epochs=0,
        layer_decay=1.0, backbone_rate=recipe.head_rate, moving_statistics=True, patience=0,
    )  # fmt: skip


def changes_pictures(recipe: Recipe) -> bool:
    """Whether training sees anything but the plain pictures, mixtures of two included."""
    return recipe.augmented or max(recipe.mixup, recipe.cutmix) > 0


def customised(recipe: Recipe, **changes: Any) -> Recipe:
    """The recipe with changes, so that it is no preset any more."""
    return recipe.with_changes(**{"preset": "custom", **changes})


def running_order(lanes: Sequence[Lane], repeats: int) -> list[Lane]:
    """The runs of a race in their order: every lane once, then every lane with the next seed."""
    if not 1 <= repeats <= MOST_REPEATS:
        raise RecipeRefused(
            f"A race can be repeated 1 to {MOST_REPEATS} times, not {repeats}.",
            "Choose a number in between.",
        )
    return [
        Lane(lane.name, lane.recipe.with_changes(seed=(lane.recipe.seed + repeat) % 2**31))
        for repeat in range(repeats)
        for lane in lanes
    ]


def _against_scratch(recipe: Recipe) -> tuple[Lane, ...]:
    """The draft with pretrained weights, and the same network from random ones."""
    borrowed = recipe if recipe.pretrained else customised(recipe, pretrained=True)
    return Lane("Transfer", borrowed), Lane("From scratch", from_scratch(recipe))


def _freezing(recipe: Recipe, stages: Sequence[str], pictures: int) -> tuple[Lane, ...]:
    """Only the head, and stages that learn: as in the draft where some do."""
    adapts = strategy_of(recipe) != "frozen"
    tuned = recipe if adapts else apply_strategy("two_phase", recipe, stages, pictures)
    return Lane("Frozen", apply_strategy("frozen", recipe, stages, pictures)), Lane(
        "Fine-tuned", tuned
    )


def _at_rates(recipe: Recipe, times: float) -> Recipe:
    """The recipe with both learning rates multiplied, within what a recipe allows."""
    return customised(
        recipe,
        head_rate=min(100.0, recipe.head_rate * times),
        backbone_rate=min(100.0, recipe.backbone_rate * times),
    )


def _shorter(recipe: Recipe) -> Recipe:
    """The recipe with half its epochs."""
    epochs = max(1, recipe.epochs // 2)
    return customised(recipe, epochs=epochs, head_epochs=min(recipe.head_epochs // 2, epochs - 1))
