"""The draft of a project's next run: backbone and recipe, kept in the project's choices.

Pictures, Model, Layers and Train all read and change this one draft, so they never disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pages.parts.services import services
from tlcore.backbones.curated import DEFAULT_BACKBONE
from tlcore.errors import RecipeRefused
from tlcore.training.recipe import PRESETS, Recipe, preset
from tlcore.workspace.records import Project, Run

TRAIN_TASK = "tlcore.results.tasks:train_and_score"
DOUBLE_CLICK = 2.0  # seconds
PRESET_TITLES = {
    "quick": "Quick",
    "balanced": "Balanced",
    "thorough": "Thorough",
    "custom": "Your own settings",
}
PRESET_OF_LEARNING = {"head": "quick", "last": "balanced"}


def chosen_backbone(project: Project) -> str:
    """The backbone that the project is to be built on: the bundled one until another is chosen."""
    return str(project.choices.get("backbone") or DEFAULT_BACKBONE)


def draft_recipe(project: Project, pictures: int) -> Recipe:
    """The recipe as it stands, for so many training pictures; Quick until something is chosen."""
    backbone = chosen_backbone(project)
    stored = project.choices.get("recipe") or {}
    name = stored.get("preset", "quick")
    if name in PRESETS:
        return preset(name, backbone, pictures)
    try:
        recipe = Recipe.read(stored)
    except RecipeRefused:  # written by another version of Graft
        return preset("quick", backbone, pictures)
    if recipe.backbone == backbone:
        return recipe
    # A choice stage by stage fits only the backbone for which it was made.
    learning = recipe.learning if isinstance(recipe.learning, str) else "last"
    return recipe.with_changes(backbone=backbone, learning=learning)


def keep_recipe(project: Project, recipe: Recipe) -> Project:
    """Store the recipe as the draft of the project's next run."""
    choices = services().workspace.projects
    return choices.choose(project.id, backbone=recipe.backbone, recipe=recipe.to_json())


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


def with_learning(recipe: Recipe, learning: Sequence[bool], pictures: int) -> Recipe:
    """The recipe when these stages learn: a preset stays a preset where one does just that."""
    wanted = learning_word(learning)
    if recipe.preset in PRESETS and isinstance(wanted, str) and wanted in PRESET_OF_LEARNING:
        return preset(PRESET_OF_LEARNING[wanted], recipe.backbone, pictures)
    if recipe.preset in PRESETS:
        recipe = preset("balanced", recipe.backbone, pictures)
    changes: dict[str, Any] = {"learning": wanted}
    if wanted != "head" and recipe.head_epochs == 0:
        changes["head_epochs"] = recipe.epochs // 4
    return with_settings(recipe, pictures, **changes)


def learning_word(learning: Sequence[bool]) -> str | tuple[bool, ...]:
    """The shortest way to say what learns: head, last, all, or one truth value per stage."""
    if not any(learning):
        return "head"
    if all(learning):
        return "all"
    if learning[-1] and not any(learning[:-1]):
        return "last"
    return tuple(learning)


def start_run(project: Project, recipe: Recipe) -> Run:
    """Send the draft to the engine as a new run.

    A second click within a moment, before the page has changed, gives the same run again.
    Raises GraftError.
    """
    workspace, engine = services().workspace, services().engine
    newest = next(iter(workspace.runs.list(project.id)), None)
    if newest is not None and _just_sent(newest, recipe):
        return newest
    return engine.submit(project.id, TRAIN_TASK, recipe.to_json(), {})


def _just_sent(run: Run, recipe: Recipe) -> bool:
    age = (datetime.now(UTC) - run.created).total_seconds()
    return age < DOUBLE_CLICK and not run.state.over and run.recipe == recipe.to_json()
