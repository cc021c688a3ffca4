"""Races: the same pictures trained with two to four settings, to see which does better.

A race is nothing but runs that name it in their payload, so it survives whatever runs survive.
It knows nothing of torch, screens or engines.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlcore.errors import RecipeRefused
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, apply, strategy_of
from tlcore.workspace.records import Run

LEAST_LANES, MOST_LANES = 2, 4
MOST_REPEATS = 5
MOST_NAME = 60
RATE_STEP = 5.0
# Changes that hardly any kind of picture forbids: no mirroring and no turning.
SAFE_CHANGES: dict[str, Any] = {"crops": True, "brightness": 0.2, "contrast": 0.2, "views": 4}
NO_CHANGES: dict[str, Any] = {
    "flips": False, "flips_vertical": False, "turn": 0.0, "crops": False, "brightness": 0.0,
    "contrast": 0.0, "colour": 0.0, "erasing": 0.0, "mixup": 0.0, "cutmix": 0.0, "views": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One question that a race answers: its name in code, its title, and a sentence about it."""

    name: str
    title: str
    words: str


KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        Kind(
            "scratch",
            "What does the borrowed network bring?",
            "Your settings, against the same network with random numbers that must learn all by "
            "itself.",
        ),
        Kind(
            "freezing",
            "Is it worth letting the network learn?",
            "Only the new head, against a network that adapts to your pictures.",
        ),
        Kind(
            "augmentation",
            "Do changed pictures help?",
            "The same training, with changed copies of your pictures and without.",
        ),
        Kind("own", "Something else", "Choose two to four settings yourself."),
    )
}


@dataclass(frozen=True)
class Lane:
    """One setting of a race under a short name."""

    name: str
    recipe: Recipe


@dataclass(frozen=True)
class Race:
    """The runs of a race: per lane, in the order in which lanes were named, oldest run first."""

    id: str
    kind: str
    lanes: dict[str, tuple[Run, ...]]

    @property
    def runs(self) -> list[Run]:
        """Every run, in the order of the queue."""
        return sorted((run for runs in self.lanes.values() for run in runs), key=lambda r: r.number)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return all(run.state.over for run in self.runs)

    @property
    def title(self) -> str:
        """For example “Transfer against From scratch”."""
        return " against ".join(self.lanes)


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
        changed = recipe if changes_pictures(recipe) else own(recipe, **SAFE_CHANGES)
        plain = own(recipe, **NO_CHANGES)
        return Lane("Changed pictures", changed), Lane("Pictures as they are", plain)
    if kind != "own":
        raise RecipeRefused(f"There is no race “{kind}”.", f"Choose one of: {', '.join(KINDS)}.")
    if not LEAST_LANES <= len(chosen) <= MOST_LANES:
        raise RecipeRefused(
            f"A race needs {LEAST_LANES} to {MOST_LANES} settings; {len(chosen)} are chosen.",
            "Choose more of them, or fewer.",
        )
    offered = variations(recipe, stages, pictures)
    return tuple(Lane(name, offered[name]) for name in chosen if name in offered)


def variations(recipe: Recipe, stages: Sequence[str], pictures: int) -> dict[str, Recipe]:
    """What the draft can be raced against, by name: each differs from it in one respect."""
    found = {"Your settings": recipe}
    for one in STRATEGIES.values():
        if one.name != strategy_of(recipe):
            found[one.plain] = apply(one.name, recipe, stages, pictures)
    if changes_pictures(recipe):
        found["Pictures as they are"] = own(recipe, **NO_CHANGES)
    else:
        found["Changed pictures"] = own(recipe, **SAFE_CHANGES)
    found |= {
        "Larger learning rates": _at_rates(recipe, RATE_STEP),
        "Smaller learning rates": _at_rates(recipe, 1 / RATE_STEP),
        "Half the epochs": _shorter(recipe),
        "From scratch": from_scratch(recipe),
    }
    if recipe.head == "linear":
        found["Cosine head"] = own(recipe, head="cosine", hidden=())
    if not recipe.hidden:
        found["Hidden layer in the head"] = own(recipe, head="linear", hidden=(256,))
    return found


def from_scratch(recipe: Recipe) -> Recipe:
    """The same network and length with random numbers, as such a network is trained: everything
    learns at the head's rate from the first step, its statistics move, and no early stop."""
    return own(
        recipe, pretrained=False, learning="all", unfreezing="at_once", head_epochs=0,
        layer_decay=1.0, backbone_rate=recipe.head_rate, moving_statistics=True, patience=0,
    )  # fmt: skip


def changes_pictures(recipe: Recipe) -> bool:
    """Whether training sees anything but the plain pictures, mixtures of two included."""
    return recipe.augmented or max(recipe.mixup, recipe.cutmix) > 0


def own(recipe: Recipe, **changes: Any) -> Recipe:
    """The recipe with changes, which makes it nobody's preset."""
    return recipe.with_changes(**{"preset": "custom", **changes})


def new_race() -> str:
    """A name for a race that no other has."""
    return secrets.token_hex(4)


def payload(race: str, kind: str, lane: str) -> dict[str, Any]:
    """What the payload of a run says about its race."""
    return {"race": race, "race_kind": kind, "lane": lane[:MOST_NAME]}


def starts(lanes: Sequence[Lane], repeats: int) -> list[Lane]:
    """The runs of a race in their order: every lane once, then every lane with the next seed."""
    if not 1 <= repeats <= MOST_REPEATS:
        raise RecipeRefused(
            f"A race can be repeated 1 to {MOST_REPEATS} times, not {repeats}.",
            "Choose a number in between.",
        )
    return [
        Lane(lane.name, lane.recipe.with_changes(seed=(lane.recipe.seed + again) % 2**31))
        for again in range(repeats)
        for lane in lanes
    ]


def races(runs: Sequence[Run]) -> list[Race]:
    """The races among runs, the newest first; one that has lost all lanes but one is none."""
    found: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.number):
        if isinstance(run.payload.get("race"), str) and isinstance(run.payload.get("lane"), str):
            found.setdefault(run.payload["race"], []).append(run)
    gathered = [_gathered(race, own_runs) for race, own_runs in found.items()]
    return [race for race in reversed(gathered) if len(race.lanes) >= LEAST_LANES]


def lane_of(payload: Mapping[str, Any]) -> str | None:
    """The lane that a run's payload names; None for a run of no race."""
    lane = payload.get("lane")
    return lane if isinstance(lane, str) and "race" in payload else None


def _gathered(race: str, runs: Sequence[Run]) -> Race:
    lanes: dict[str, tuple[Run, ...]] = {}
    for run in runs:
        lane = str(run.payload["lane"])
        lanes[lane] = (*lanes.get(lane, ()), run)
    return Race(race, str(runs[0].payload.get("race_kind", "own")), lanes)


def _against_scratch(recipe: Recipe) -> tuple[Lane, ...]:
    borrowed = recipe if recipe.pretrained else own(recipe, pretrained=True)
    return Lane("Transfer", borrowed), Lane("From scratch", from_scratch(recipe))


def _freezing(recipe: Recipe, stages: Sequence[str], pictures: int) -> tuple[Lane, ...]:
    adapts = strategy_of(recipe) != "frozen"
    tuned = recipe if adapts else apply("two_phase", recipe, stages, pictures)
    return Lane("Frozen", apply("frozen", recipe, stages, pictures)), Lane("Fine-tuned", tuned)


def _at_rates(recipe: Recipe, times: float) -> Recipe:
    return own(
        recipe,
        head_rate=min(100.0, recipe.head_rate * times),
        backbone_rate=min(100.0, recipe.backbone_rate * times),
    )


def _shorter(recipe: Recipe) -> Recipe:
    epochs = max(1, recipe.epochs // 2)
    return own(recipe, epochs=epochs, head_epochs=min(recipe.head_epochs // 2, epochs - 1))
