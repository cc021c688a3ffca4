"""The draft of a project's next run: backbone, recipe and start, kept in the project's choices.

Pictures, Model, Layers and Train all read and change this one draft, so they never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.parts.frame.services import services
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE, EARLIER_DEFAULTS
from tlcore.errors import RecipeRefused
from tlcore.training.recipe.advice import recipe_for
from tlcore.training.recipe.phases import resolve_learning
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.recipe import LEARNING_WORDS, Recipe
from tlcore.training.recipe.strategies import STRATEGIES, apply_strategy
from tlcore.workspace.records import Project

PRESET_TITLES = {
    "quick": "Quick",
    "balanced": "Balanced",
    "thorough": "Thorough",
    "custom": "Your own settings",
}


def chosen_backbone(project: Project) -> str:
    """The backbone that the project is to be built on: the bundled one until another is chosen.

    An earlier bundled backbone stands for the present one.
    """
    name = str(project.choices.get("backbone") or DEFAULT_BACKBONE)
    return DEFAULT_BACKBONE if name in EARLIER_DEFAULTS else name


def draft_recipe(project: Project, pictures: int) -> Recipe:
    """The recipe of the draft, given the number of training pictures; Quick until one is chosen."""
    backbone = chosen_backbone(project)
    stored = project.choices.get("recipe") or {}
    name = stored.get("preset", "quick")
    if name in PRESETS:
        return _as_answered(project, preset(name, backbone, pictures))
    return _for_backbone(stored, backbone) or preset("quick", backbone, pictures)


def own_recipe(project: Project) -> Recipe | None:
    """The visitor's own settings, also while a preset is chosen; None if there never were any."""
    stored = project.choices.get("own_recipe")
    return _for_backbone(stored, chosen_backbone(project)) if isinstance(stored, dict) else None


def keep_recipe(project: Project, recipe: Recipe) -> Project:
    """Store the recipe as the draft of the project's next run; own settings are stored apart, too.

    Where pictures must not be mirrored, no preset or strategy mirrors them.
    """
    project = services().workspace.projects.get(project.id)
    recipe = _as_answered(project, recipe)
    choices: dict[str, Any] = {"backbone": recipe.backbone, "recipe": recipe.to_json()}
    if recipe.preset == "custom":
        choices["own_recipe"] = recipe.to_json()
    return services().workspace.projects.choose(project.id, **choices)


def keep_mirrored(project: Project, answer: bool) -> Project:
    """Store whether a mirrored picture is still the same thing."""
    return services().workspace.projects.choose(project.id, mirrored=answer)


def may_be_mirrored(project: Project) -> bool:
    """Whether pictures may be mirrored, as the visitor has answered.

    Without an answer: yes, unless every label is a single character, as with digits and letters.
    """
    answer = project.choices.get("mirrored")
    if isinstance(answer, bool):
        return answer
    labels = services().workspace.labels
    names = [label.name for label in labels.list(labels.question(project.id).id)]
    return not names or any(len(name.strip()) > 1 for name in names)


def choose_backbone(project: Project, name: str) -> Project:
    """Store which backbone to build on; the recipe follows when it is read."""
    return services().workspace.projects.choose(project.id, backbone=name)


def with_settings(recipe: Recipe, pictures: int, **changes: Any) -> Recipe:
    """The recipe with other settings, named after the preset that they equal, else custom.

    Raises RecipeRefused.
    """
    changed = recipe.with_changes(**{**changes, "preset": "custom"})
    for name in PRESETS:
        default = preset(name, recipe.backbone, pictures)
        if default.with_changes(preset="custom") == changed:
            return default
    return changed


def with_strategy(recipe: Recipe, strategy: str, stages: Sequence[str], pictures: int) -> Recipe:
    """The recipe changed to follow a strategy. Raises RecipeRefused.

    Untouched defaults become the defaults of that strategy; settings of the visitor stay.
    """
    defaults = {name: defaults_for(name, recipe.backbone, stages, pictures) for name in STRATEGIES}
    if recipe in defaults.values():
        return defaults[strategy]
    if recipe in [
        default.with_changes(flips=False) for default in defaults.values()
    ]:  # never mirrored
        return defaults[strategy].with_changes(flips=False)
    return with_settings(apply_strategy(strategy, recipe, stages, pictures), pictures)


def defaults_for(strategy: str, backbone: str, stages: Sequence[str], pictures: int) -> Recipe:
    """The defaults of a strategy: a preset where one follows it."""
    return with_settings(recipe_for(strategy, backbone, stages, pictures), pictures)


def with_learning(recipe: Recipe, learning: Sequence[bool], pictures: int) -> Recipe:
    """The recipe with exactly these stages learning. Raises RecipeRefused.

    Other settings stay, except that Quick (made for a head alone) and Balanced (made for stages)
    replace each other.
    """
    word = learning_word(learning)
    balanced = preset("balanced", recipe.backbone, pictures)
    if recipe.preset == "quick":
        recipe = balanced
    untouched = recipe.with_changes(preset="balanced", learning=balanced.learning) == balanced
    if word == "head" and untouched:
        return preset("quick", recipe.backbone, pictures)
    changes: dict[str, Any] = {"learning": word}
    if word != "head" and recipe.head_epochs == 0:
        changes["head_epochs"] = recipe.epochs // 4
    return with_settings(recipe, pictures, **changes)


def learning_word(learning: Sequence[bool]) -> str | tuple[bool, ...]:
    """The shortest name for what learns: head, last, upper, all, or else one value per stage."""
    stages = [""] * len(learning)
    for word in LEARNING_WORDS:
        if resolve_learning(word, stages) == tuple(learning):
            return word
    return tuple(learning)


def _as_answered(project: Project, recipe: Recipe) -> Recipe:
    if not recipe.flips or may_be_mirrored(project):
        return recipe
    return recipe.with_changes(flips=False)


def _for_backbone(stored: dict[str, Any], backbone: str) -> Recipe | None:
    """A stored recipe moved to this backbone; None if this version of Graft cannot read it."""
    try:
        recipe = Recipe.read(stored)
    except RecipeRefused:
        return None
    if recipe.backbone == backbone:
        return recipe
    # A choice stage by stage fits only the backbone for which it was made.
    learning = recipe.learning if recipe.learning in LEARNING_WORDS else "last"
    return recipe.with_changes(backbone=backbone, learning=learning)
