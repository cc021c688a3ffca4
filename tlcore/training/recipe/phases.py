"""The phases of a training: which stages learn when, at which rates. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.errors import RecipeRefused
from tlcore.training.recipe.recipe import Recipe

HEAD_WORDS = "Only the new head learns"
UPPER_PART = 3  # "upper" is a third of the stages, rounded up
WARMED_SHARE = 0.5  # of its learning rate is left to a head that has learned alone before


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs in which the same stages learn at the same rates.

    `learning` and `stage_rates` have one entry per stage from the input up: whether it learns, and
    its learning rate, 0 where it is frozen; `backbone_rate` is that of the topmost stage. `views`
    is the number of changed views of a picture that it may see; 1 means the plain picture only.
    `words` are shown to people.
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
        """The number of frozen stages from the input up to the first one that learns.

        What they give for a picture never changes during the phase, so it is computed only once.
        """
        return self.learning.index(True) if any(self.learning) else len(self.learning)


def phases_of(recipe: Recipe, stages: Sequence[str]) -> tuple[Phase, ...]:
    """What learns when, for a backbone whose stages have these names, from the input up.

    At once: the head alone for `head_epochs`, then all stages that are to learn. Gradual: after the
    head, one stage after the other joins from the top down (Howard & Ruder 2018, ULMFiT), and the
    remaining epochs are shared evenly. Raises RecipeRefused if the stages do not fit.
    """
    learning = resolve_learning(recipe.learning, stages)
    if not any(learning):
        return (_phase(recipe, "head", HEAD_WORDS, learning, recipe.epochs),)
    head_epochs = min(recipe.head_epochs, recipe.epochs - 1)
    patterns = _joining(recipe, learning, recipe.epochs - head_epochs)
    shares = _shared(recipe.epochs - head_epochs, len(patterns))
    phases = []
    if head_epochs:
        nothing = (False,) * len(stages)
        phases.append(_phase(recipe, "head", HEAD_WORDS, nothing, head_epochs, warming=True))
    warmed = head_epochs > 0
    for pattern, epochs in zip(patterns, shares, strict=True):
        name = "stages" if len(patterns) == 1 else stages[pattern.index(True)]
        words = _words(pattern, stages, len(patterns) > 1)
        phases.append(_phase(recipe, name, words, pattern, epochs, warmed=warmed))
    return tuple(phases)


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
    first = {"all": 0, "upper": count - -(-count // UPPER_PART), "last": count - 1}.get(learning)
    if first is None:
        first = _stage_index(learning.removeprefix("from:").strip(), stages)
    return tuple(index >= first for index in range(count))


def stage_rates(recipe: Recipe, learning: Sequence[bool]) -> tuple[float, ...]:
    """The learning rate of each stage, from the input up; 0 if it is frozen.

    Each stage has `layer_decay` times the rate of the stage above it (Clark et al. 2020, ELECTRA).
    """
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
    """A phase: `warming` trains the head alone on plain views, `warmed` follows on that."""
    head_rate = recipe.head_rate * WARMED_SHARE if warmed else recipe.head_rate
    views = recipe.views if recipe.augmented and not warming else 1
    rates = stage_rates(recipe, learning)
    return Phase(name, words, learning, epochs, head_rate, recipe.backbone_rate, views, rates)


def _joining(recipe: Recipe, learning: tuple[bool, ...], epochs: int) -> list[tuple[bool, ...]]:
    """What learns in each phase after the head's; several stages join at once if epochs are few."""
    if recipe.unfreezing == "at_once":
        return [learning]
    downward = [index for index in reversed(range(len(learning))) if learning[index]]
    phases = min(len(downward), epochs)
    counts = [round(number * len(downward) / phases) for number in range(1, phases + 1)]
    return [tuple(index in downward[:count] for index in range(len(learning))) for count in counts]


def _shared(epochs: int, phases: int) -> list[int]:
    """The epochs of each phase, as evenly as possible; the last phases get what is left over."""
    each, over = divmod(epochs, phases)
    return [each + (number >= phases - over) for number in range(phases)]


def _words(learning: Sequence[bool], stages: Sequence[str], gradual: bool) -> str:
    """What learns in a phase after the head's, for people."""
    count = sum(learning)
    if gradual:
        joining = stages[list(learning).index(True)].capitalize()
        return f"{joining} joins in: {count} of {len(learning)} stages learn with the head, gently"
    if count == len(learning):
        return "The whole network learns, gently"
    if count == 1 and learning[-1]:
        return "The last stage learns with the head, gently"
    return f"{count} of {len(learning)} stages learn with the head, gently"


def _stage_index(stage: str, stages: Sequence[str]) -> int:
    """The index of a stage by its name or its number from 1. Raises RecipeRefused."""
    folded = [name.casefold() for name in stages]
    if stage.casefold() in folded:
        return folded.index(stage.casefold())
    if stage.isdecimal() and 1 <= int(stage) <= len(stages):
        return int(stage) - 1
    names = ", ".join(f"{number} ({name})" for number, name in enumerate(stages, start=1))
    raise RecipeRefused(
        f"This backbone has no stage “{stage}”.",
        f"Use head, last, upper, all, or one of its stages: {names}.",
    )
