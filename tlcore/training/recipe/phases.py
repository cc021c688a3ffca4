"""The phases of a training: which stages learn when, at which rate. It knows nothing of torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlcore.errors import RecipeRefused

if TYPE_CHECKING:
    from tlcore.training.recipe.recipe import Recipe

HEAD_WORDS = "Only the new head learns"
UPPER = 3  # "upper" is one stage of so many, and one for what is left over
WARMED = 0.5  # of its rate is left to a head that has learned alone before


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs in which the same stages learn at the same rates.

    `views` is how many changed views of a picture it may see; 1 means the plain picture only.
    `stage_rates` holds one learning rate per stage from the input up, 0 for frozen ones;
    `backbone_rate` is that of the topmost stage.
    """

    name: str
    words: str
    learning: tuple[bool, ...]
    epochs: int
    head_rate: float
    backbone_rate: float
    views: int
    stage_rates: tuple[float, ...]

    @property
    def cut(self) -> int:
        """How many stages, from the input up, are frozen without a gap: all below is kept."""
        return self.learning.index(True) if any(self.learning) else len(self.learning)


def phases_of(recipe: Recipe, stages: Sequence[str]) -> tuple[Phase, ...]:
    """What learns when, for a backbone whose stages have these names, from the input up.

    At once: the head alone for `head_epochs`, then all stages that are to learn. Gradual: after the
    head one stage after the other joins, from the top down (Howard & Ruder 2018, ULMFiT), and the
    epochs that are left are shared evenly. Raises RecipeRefused if the stages do not fit.
    """
    learning = resolve_learning(recipe.learning, stages)
    if not any(learning):
        return (_phase(recipe, "head", HEAD_WORDS, learning, recipe.epochs),)
    head_epochs = min(recipe.head_epochs, recipe.epochs - 1)
    steps = _joining(recipe, learning, recipe.epochs - head_epochs)
    shares = _shared(recipe.epochs - head_epochs, len(steps))
    found = []
    if head_epochs:
        nothing = (False,) * len(stages)
        found.append(_phase(recipe, "head", HEAD_WORDS, nothing, head_epochs, warming=True))
    warmed = head_epochs > 0
    for step, epochs in zip(steps, shares, strict=True):
        name = "stages" if len(steps) == 1 else stages[step.index(True)]
        words = _words(step, stages, len(steps) > 1)
        found.append(_phase(recipe, name, words, step, epochs, warmed=warmed))
    return tuple(found)


def resolve_learning(learning: str | Sequence[bool], stages: Sequence[str]) -> tuple[bool, ...]:
    """One truth value per backbone stage. Raises RecipeRefused if the stages do not fit."""
    count = len(stages)
    if not isinstance(learning, str):
        if len(learning) != count:
            raise RecipeRefused(
                f"The recipe speaks of {len(learning)} stages, but this backbone has {count}.",
                "Choose again which stages learn.",
            )
        return tuple(bool(value) for value in learning)
    if learning == "head":
        return (False,) * count
    first = {"all": 0, "upper": count - -(-count // UPPER), "last": count - 1}.get(learning)
    if first is None:
        first = _stage_index(learning.removeprefix("from:").strip(), stages)
    return tuple(index >= first for index in range(count))


def stage_rates(recipe: Recipe, learning: Sequence[bool]) -> tuple[float, ...]:
    """The learning rate of each stage: `layer_decay` less for every stage above it, 0 if frozen."""
    top = len(learning) - 1
    return tuple(
        recipe.backbone_rate * recipe.layer_decay ** (top - index) if learns else 0.0
        for index, learns in enumerate(learning)
    )


def _phase(
    recipe: Recipe,
    name: str,
    words: str,
    learning: tuple[bool, ...],
    epochs: int,
    *,
    warming: bool = False,
    warmed: bool = False,
) -> Phase:
    """A phase; a head that was warmed up goes on more gently, and warms up on plain views."""
    head_rate = recipe.head_rate * WARMED if warmed else recipe.head_rate
    views = recipe.views if recipe.augmented and not warming else 1
    rates = stage_rates(recipe, learning)
    return Phase(name, words, learning, epochs, head_rate, recipe.backbone_rate, views, rates)


def _joining(recipe: Recipe, learning: tuple[bool, ...], epochs: int) -> list[tuple[bool, ...]]:
    """What learns in each phase after the head's; several join together if epochs are few."""
    if recipe.unfreezing == "at_once":
        return [learning]
    downward = [index for index in reversed(range(len(learning))) if learning[index]]
    phases = min(len(downward), epochs)
    joined = [round(number * len(downward) / phases) for number in range(1, phases + 1)]
    return [tuple(index in downward[:n] for index in range(len(learning))) for n in joined]


def _shared(epochs: int, phases: int) -> list[int]:
    """The epochs shared evenly; what is left over goes to the last phases."""
    each, over = divmod(epochs, phases)
    return [each + (number >= phases - over) for number in range(phases)]


def _words(learning: Sequence[bool], stages: Sequence[str], gradual: bool) -> str:
    count = sum(learning)
    if gradual:
        joining = stages[list(learning).index(True)].capitalize()
        return f"{joining} joins in: {count} of {len(learning)} stages learn with the head, gently"
    if count == len(learning):
        return "The whole network learns, gently"
    if count == 1 and learning[-1]:
        return "The last stage learns with the head, gently"
    return f"{count} of {len(learning)} stages learn with the head, gently"


def _stage_index(wanted: str, stages: Sequence[str]) -> int:
    folded = [name.casefold() for name in stages]
    if wanted.casefold() in folded:
        return folded.index(wanted.casefold())
    if wanted.isdecimal() and 1 <= int(wanted) <= len(stages):
        return int(wanted) - 1
    names = ", ".join(f"{number} ({name})" for number, name in enumerate(stages, start=1))
    raise RecipeRefused(
        f"This backbone has no stage “{wanted}”.",
        f"Use head, last, upper, all, or one of its stages: {names}.",
    )
