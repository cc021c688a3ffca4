"""Which strategy to take, from what a probe of the stages measured. No torch here.

Nothing here is about any particular pictures: the probe's curve over depth, the number of pictures
and the seconds that this computer takes are all it looks at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tlcore.quality.probe.measured import StagesProbe
from tlcore.quality.wilson import wilson_bounds
from tlcore.training.recipe.phases import Phase, phases_of
from tlcore.training.recipe.presets import PRESET_OF_STRATEGY, preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import apply_strategy

Profile = Literal["last", "level", "earlier"]
SURE = 0.95  # accuracy from which, if it is certain, little is left to gain
FEW_PER_LABEL = 8  # pictures to learn from
CLEAR = 1.0  # standard errors by which a stage has to be ahead
BACKWARD = 2.0  # going back through what learns costs about twice as much as going forward
LONG = 20 * 60.0  # seconds; a quicker strategy is advised instead of a longer training


@dataclass(frozen=True)
class Recommendation:
    """What to do and why: `strategy` is a name in STRATEGIES, `why` are sentences for people.

    `seconds` holds the estimated time of each considered strategy on this computer, by name.
    """

    strategy: str
    why: tuple[str, ...]
    seconds: Mapping[str, float]


def recipe_for(strategy: str, backbone: str, stages: Sequence[str], pictures: int) -> Recipe:
    """The defaults of a strategy for a number of training pictures; a preset where one follows it.

    Raises RecipeRefused.
    """
    base = preset(PRESET_OF_STRATEGY.get(strategy, "balanced"), backbone, pictures)
    if strategy in PRESET_OF_STRATEGY:
        return base
    applied = apply_strategy(strategy, base, stages, pictures)
    return base if applied.learning == base.learning else applied


def depth_profile(probe: StagesProbe) -> Profile:
    """Where the pictures are told apart best: the last stage, an earlier one, or "level"."""
    below = probe.stages[:-1]
    if probe.gain > CLEAR * probe.gain_error and probe.best < len(probe.stages) - 1:
        return "earlier"
    behind = max((stage.accuracy for stage in below), default=0.0)
    clear = CLEAR * max(probe.stages[-1].error, 0.0)
    return "last" if probe.stages[-1].accuracy - behind > clear else "level"


def estimated_seconds(recipe: Recipe, probe: StagesProbe, training: int, checking: int) -> float:
    """Estimate how long a training takes here, from the seconds that each stage took per picture.

    `training` and `checking` count the pictures to learn from and to validate on. What lies below
    the freeze line is computed once per view; the rest in every epoch, forward and back.
    """
    names = [stage.name for stage in probe.stages]
    return sum(
        _phase_seconds(phase, probe, training, checking) for phase in phases_of(recipe, names)
    )


def _phase_seconds(phase: Phase, probe: StagesProbe, training: int, checking: int) -> float:
    forward = [stage.seconds for stage in probe.stages]
    below, above = sum(forward[: phase.cut]), sum(forward[phase.cut :])
    views = min(phase.views, phase.epochs) if phase.cut else phase.epochs
    once = (training * views + checking) * (below + probe.decoding)
    if not phase.cut:
        once = training * views * probe.decoding + checking * probe.decoding
    epoch = training * (1 + BACKWARD) * above + checking * above
    return once + phase.epochs * epoch


def recommend(probe: StagesProbe) -> Recommendation:
    """The strategy to begin with, and why.

    Few pictures, or a probe that is nearly always right on enough of them to be sure: freeze.
    Otherwise the stages above the best one adapt, the last stages at least: up to the best stage,
    what the backbone knows is of use. All stages adapt where the best one lies deep, or where the
    pictures are far from what the backbone learned from and its last stage adds nothing. A strategy
    that would take too long on this computer gives way to the next quicker one.
    """
    names = [stage.name for stage in probe.stages]
    recipes = {
        name: recipe_for(name, probe.backbone, names, probe.training)
        for name in ("frozen", "last", "two_phase")
    }
    times = {
        name: estimated_seconds(recipe, probe, probe.training, probe.checking)
        for name, recipe in recipes.items()
    }
    adapting = sum(phases_of(recipes["last"], names)[-1].learning)
    strategy, why = _strategy(probe, adapting)
    for slower, quicker in (("two_phase", "last"), ("last", "frozen")):
        if strategy == slower and times[slower] > LONG:
            why = (*why, _too_long(times[slower]))
            strategy = quicker
    return Recommendation(strategy, (*why, _takes(times[strategy])), times)


def _strategy(probe: StagesProbe, adapting: int) -> tuple[str, tuple[str, ...]]:
    """The strategy if time did not matter, and why; `adapting` stages learn in "last"."""
    last, per_label = probe.last.accuracy, probe.training / max(1, probe.labels)
    if per_label < FEW_PER_LABEL:
        return "frozen", (
            f"With about {per_label:.0f} pictures for each label, more than a head would learn "
            "them by heart.",
        )
    lower, _ = wilson_bounds(last, probe.pictures)
    if lower >= SURE:
        return "frozen", (
            f"A head on the frozen network already gets about {last:.0%} right, and at least "
            f"{lower:.0%} if these pictures were lucky: there is little left to gain.",
        )
    shape = depth_profile(probe)
    far = probe.distance is not None and probe.distance.word == "far"
    if shape == "earlier":
        return _above_the_best(probe, adapting, far)
    reasons = (_left_to_gain(last, lower),)
    if far and shape == "level":
        return "two_phase", (
            *reasons,
            "Your pictures are far from what the network learned from, and its last stage adds "
            "little: all of it should adapt.",
        )
    reason = "No earlier stage does better, so what lies below the last ones can stay as it is."
    return "last", (*reasons, reason)


def _left_to_gain(last: float, lower: float) -> str:
    """What a head alone gets right, at least `lower` for certain, and what that leaves to gain."""
    if last >= SURE:
        return (
            f"A head on the frozen network gets about {last:.0%} right, but so few pictures can "
            f"be lucky: it may be {lower:.0%}."
        )
    return (
        f"A head on the frozen network gets about {last:.0%} right; {1 - last:.0%} are left to "
        "gain."
    )


def _above_the_best(probe: StagesProbe, adapting: int, far: bool) -> tuple[str, tuple[str, ...]]:
    """How deep to go where an earlier stage does better than the last."""
    best = probe.stages[probe.best]
    points = f"{100 * probe.gain:.0f}" if probe.gain >= 0.015 else f"{100 * probe.gain:.1f}"
    reason = f"The stage “{best.title}” does better than the last one, by {points} points."
    if far:
        more = "Your pictures are far from what the network learned from: all of it should adapt."
        return "two_phase", (reason, more)
    if len(probe.stages) - 1 - probe.best <= adapting:
        return "last", (reason, "Up to there it can stay as it is; what stands above has to adapt.")
    return "two_phase", (reason, "That is far down, so all of the network should adapt.")


def _too_long(seconds: float) -> str:
    return (
        f"More of the network would do better still, but would take about {seconds / 60:.0f} "
        "minutes on this computer."
    )


def _takes(seconds: float) -> str:
    words = f"{seconds:.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"
    return f"By the speed measured with it, this takes about {words} here."
