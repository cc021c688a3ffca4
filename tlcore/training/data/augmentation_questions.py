"""The questions behind the changes of pictures, in the words of who knows the pictures.

Nobody needs to know what augmentation is to answer them: whoever knows the things in the pictures
does. It knows nothing of torch and nothing of pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tlcore.training.data.augmentation import KINDS
from tlcore.training.recipe.recipe import Recipe

Value = bool | float
VIEWS = 4
VIEW_CHOICES = (2, 4, 6, 8, 12, 16)


@dataclass(frozen=True)
class AugmentationQuestion:
    """One setting of the recipe as a question.

    `answers` maps what can be answered to the setting's value, No first. `good` says which pictures
    it helps with, `never` for which it is wrong.
    """

    setting: str
    title: str
    words: str
    answers: Mapping[str, Value]
    good: str
    never: str

    def answer(self, value: Value) -> str | None:
        """The answer that stands for a value of the setting; None for a value in between."""
        return next((words for words, its in self.answers.items() if its == value), None)


NO_YES: Mapping[str, Value] = MappingProxyType({"No": False, "Yes": True})
STRENGTHS: Mapping[str, Value] = MappingProxyType(
    {"No": 0.0, "A little": 0.15, "Clearly": 0.4, "Strongly": 0.8}
)

QUESTIONS: tuple[AugmentationQuestion, ...] = (
    AugmentationQuestion(
        "flips",
        "Mirrored",
        "Would a mirrored picture still be the same thing?",
        NO_YES,
        "Animals, plants, food, most photographs.",
        "Digits, letters, signs, and whatever has a left and a right, such as hands or the chest.",
    ),
    AugmentationQuestion(
        "flips_vertical",
        "Upside down",
        "Would it still be the same thing upside down?",
        NO_YES,
        "Pictures from straight above: microscope, satellite, things lying on a table.",
        "Whatever has a top: people, buildings, landscapes, digits.",
    ),
    AugmentationQuestion(
        "turn",
        "Turned",
        "Would it still be the same thing when the camera, or the thing, is turned?",
        MappingProxyType({"No": 0.0, "Up to 10°": 10.0, "Up to 45°": 45.0, "Any angle": 180.0}),
        "A little: hand-held cameras and slanted scans. Any angle: microscope, satellite.",
        "6 and 9 under large angles, arrows, clocks and gauges.",
    ),
    AugmentationQuestion(
        "crops",
        "Nearer, and not in the middle",
        "Is a part of it enough, nearer or to one side?",
        NO_YES,
        "Almost all photographs: things are rarely in the very middle.",
        "Things recognised by their size or by a detail at the edge, which could be cut off.",
    ),
    AugmentationQuestion(
        "brightness",
        "Lighter or darker",
        "Would it be the same thing in stronger or weaker light?",
        STRENGTHS,
        "Outdoors, different lamps, different cameras.",
        "Where light itself is the answer: day and night, exposed and unexposed, ripe and unripe "
        "by lightness.",
    ),
    AugmentationQuestion(
        "contrast",
        "Duller or crisper",
        "Would it be the same thing in haze or in hard light?",
        STRENGTHS,
        "Different weather, cameras, scanners or stains.",
        "Where the answer is how clear something looks: fog, wear, scan quality.",
    ),
    AugmentationQuestion(
        "colour",
        "In other colours",
        "Would it be the same thing in slightly other colours?",
        STRENGTHS,
        "Lamps of different colour, different cameras or stains; things known by their shape.",
        "Where colour is the answer: ripeness, rust, traffic lights, litmus paper.",
    ),
    AugmentationQuestion(
        "erasing",
        "Partly covered",
        "Could you still tell when something covers a part of it?",
        MappingProxyType({"No": 0.0, "Sometimes": 0.25, "Often": 0.5}),
        "Things that overlap or stand behind others: leaves, goods on a shelf, traffic.",
        "Where one small spot is the answer: a crack, a lesion, a missing screw. It could be "
        "what is covered.",
    ),
)

MIXING: tuple[AugmentationQuestion, ...] = (
    AugmentationQuestion(
        "mixup",
        "Two pictures blended (mixup)",
        "May two pictures shine through each other, with an answer in the same shares?",
        MappingProxyType({"No": 0.0, "Gently": 0.2, "Strongly": 0.8}),
        "A brake on learning by heart when much of the network learns and pictures are few.",
        "Short trainings and heads alone: it slows them down and gains little.",
    ),
    AugmentationQuestion(
        "cutmix",
        "A piece of another picture (cutmix)",
        "May a piece of another picture be pasted in, with an answer in the same shares?",
        MappingProxyType({"No": 0.0, "Gently": 0.3, "Strongly": 1.0}),
        "Things that fill the picture, textures, longer trainings of most of the network.",
        "Where one small spot is the answer: it could be pasted over.",
    ),
)


@dataclass(frozen=True)
class Subject:
    """What pictures are of, and what its experts would answer; everything else is No."""

    title: str
    words: str
    settings: Mapping[str, Value]


SUBJECTS: Mapping[str, Subject] = MappingProxyType(
    {
        "none": Subject(
            "No changes",
            "Every picture is seen as it is, each time. The quickest.",
            MappingProxyType({}),
        ),
        "photographs": Subject(
            "Photographs",
            "Animals, plants, food, things: mirrored, nearer, in other light.",
            MappingProxyType({"flips": True, "crops": True, "brightness": 0.15, "contrast": 0.15}),
        ),
        "writing": Subject(
            "Writing and signs",
            "Digits, letters, hand signs, traffic signs: never mirrored, only a little slanted.",
            MappingProxyType({"turn": 10.0, "brightness": 0.15, "contrast": 0.15}),
        ),
        "above": Subject(
            "From above",
            "Microscope, satellite, samples on a table: there is no up, and no left or right.",
            MappingProxyType(
                {"flips": True, "flips_vertical": True, "turn": 180.0, "brightness": 0.15}
            ),
        ),
        "scans": Subject(
            "X-rays and scans",
            "The body has a left and a right: a little slanted, lighter or duller, never mirrored.",
            MappingProxyType({"turn": 10.0, "brightness": 0.15, "contrast": 0.4}),
        ),
    }
)


def with_answer(recipe: Recipe, setting: str, value: Value) -> dict[str, Any]:
    """The changes of a recipe that an answer means: the setting, and `views` with it.

    The first change of pixels brings several views of each picture, and the last one gone takes
    them away again.
    """
    return _with_views(recipe, {setting: value})


def of_subject(recipe: Recipe, name: str) -> dict[str, Any]:
    """The changes of a recipe that all answers for a subject mean; blending is left as it is."""
    blank: dict[str, Value] = {
        question.setting: next(iter(question.answers.values())) for question in QUESTIONS
    }
    return _with_views(recipe, {**blank, **SUBJECTS[name].settings})


def subject_of(recipe: Recipe) -> str | None:
    """The subject whose answers a recipe holds exactly; None for answers of one's own."""
    for name in SUBJECTS:
        wanted = of_subject(recipe, name)
        if all(getattr(recipe, kind) == wanted[kind] for kind in KINDS):
            return name
    return None


def with_views(before: Recipe, recipe: Recipe, *, chosen: bool) -> Recipe:
    """A changed recipe with several views where it first changes pixels, and one where it ends to.

    Unless their number was `chosen`: without them, changes of pixels would never be seen.
    """
    if chosen or before.augmented == recipe.augmented:
        return recipe
    return recipe.with_changes(views=VIEWS if recipe.augmented else 1)


def _with_views(recipe: Recipe, changes: dict[str, Value]) -> dict[str, Any]:
    augmented = recipe.with_changes(**changes).augmented
    views = VIEWS if recipe.views == 1 else recipe.views
    return {**changes, "views": views if augmented else 1}
