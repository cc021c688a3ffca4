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

    Who had chosen an earlier bundled one is given that of today.
    """
    name = str(project.choices.get("backbone") or DEFAULT_BACKBONE)
    return DEFAULT_BACKBONE if name in EARLIER_DEFAULTS else name


def draft_recipe(project: Project, pictures: int) -> Recipe:
    """The recipe as it stands, for so many training pictures; Quick until something is chosen."""
    backbone = chosen_backbone(project)
    stored = project.choices.get("recipe") or {}
    name = stored.get("preset", "quick")
    if name in PRESETS:
        return _as_answered(project, preset(name, backbone, pictures))
    return _for_backbone(stored, backbone) or preset("quick", backbone, pictures)


def own_recipe(project: Project) -> Recipe | None:
    """The settings of one's own, also while a preset is chosen; None if there never were any."""
    stored = project.choices.get("own_recipe")
    return _for_backbone(stored, chosen_backbone(project)) if isinstance(stored, dict) else None


def keep_recipe(project: Project, recipe: Recipe) -> Project:
    """Store the recipe as the draft of the project's next run; what is one's own is kept apart.

    Pictures that must not be mirrored stay so, whatever preset or strategy is chosen.
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
    """Whether pictures may be mirrored: as somebody has answered.

    Until somebody has, not where each label is a single character: digits and letters are not.
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
    """The recipe with other settings: one's own, or the preset that they happen to equal.

    Raises RecipeRefused.
    """
    changed = recipe.with_changes(**{**changes, "preset": "custom"})
    for name in PRESETS:
        ready = preset(name, recipe.backbone, pictures)
        if ready.with_changes(preset="custom") == changed:
            return ready
    return changed


def with_strategy(recipe: Recipe, strategy: str, stages: Sequence[str], pictures: int) -> Recipe:
    """The recipe when it follows a strategy. Raises RecipeRefused.

    While nobody has changed anything else, the other settings follow too; what somebody has
    chosen stays.
    """
    ready = {one: ready_for(one, recipe.backbone, stages, pictures) for one in STRATEGIES}
    if recipe in ready.values():
        return ready[strategy]
    if recipe in [one.with_changes(flips=False) for one in ready.values()]:  # never mirrored
        return ready[strategy].with_changes(flips=False)
    return with_settings(apply_strategy(strategy, recipe, stages, pictures), pictures)


def ready_for(strategy: str, backbone: str, stages: Sequence[str], pictures: int) -> Recipe:
    """The working defaults of a strategy: a preset where there is one that follows it."""
    return with_settings(recipe_for(strategy, backbone, stages, pictures), pictures)


def with_learning(recipe: Recipe, learning: Sequence[bool], pictures: int) -> Recipe:
    """The recipe when just these stages learn. Raises RecipeRefused.

    The rest stays as it was, but Quick and Balanced, which are made for a head and for stages, take
    each other's place.
    """
    wanted = learning_word(learning)
    balanced = preset("balanced", recipe.backbone, pictures)
    if recipe.preset == "quick":  # Quick is made for a head alone: the rest follows Balanced
        recipe = balanced
    untouched = recipe.with_changes(preset="balanced", learning=balanced.learning) == balanced
    if wanted == "head" and untouched:
        return preset("quick", recipe.backbone, pictures)
    changes: dict[str, Any] = {"learning": wanted}
    if wanted != "head" and recipe.head_epochs == 0:
        changes["head_epochs"] = recipe.epochs // 4
    return with_settings(recipe, pictures, **changes)


def learning_word(learning: Sequence[bool]) -> str | tuple[bool, ...]:
    """The shortest way to say what learns: head, last, upper, all, or one value per stage."""
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
    """A stored recipe for this backbone; None if another version of Graft wrote it."""
    try:
        recipe = Recipe.read(stored)
    except RecipeRefused:
        return None
    if recipe.backbone == backbone:
        return recipe
    # A choice stage by stage fits only the backbone for which it was made.
    learning = recipe.learning if recipe.learning in LEARNING_WORDS else "last"
    return recipe.with_changes(backbone=backbone, learning=learning)
