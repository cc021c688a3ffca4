"""Starts runs: from the draft, from the classifier of an earlier run, or for more epochs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pages.parts.draft.draft import chosen_backbone, keep_recipe
from pages.parts.frame.services import services
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, has_classifier
from tlcore.errors import NotFound
from tlcore.training.fit.resuming.run_folder import has_checkpoint
from tlcore.training.inputs.start import continued
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project, Run, RunState

TRAIN_TASK = "tlcore.results.score.tasks:train_and_score"
DOUBLE_CLICK = 2.0  # seconds


def start_run(project: Project, recipe: Recipe, payload: dict[str, Any] | None = None) -> Run:
    """Send a recipe to the engine as a new run.

    A second click within a moment, before the page has changed, gives the same run again.
    Raises GraftError.
    """
    workspace, engine = services().workspace, services().engine
    newest = next(iter(workspace.runs.list(project.id)), None)
    if newest is not None and _just_sent(newest, recipe, payload or {}):
        return newest
    return engine.submit(project.id, TRAIN_TASK, recipe.to_json(), payload or {})


def continue_run(project: Project, run: Run, epochs: int) -> Run:
    """Train a finished run's classifier for more epochs, as a new run that begins with it.

    The stages of its last phase learn; there are no epochs for the head alone.
    Raises GraftError.
    """
    recipe = continued(Recipe.read(run.recipe), epochs)
    return start_run(project, recipe, {"start": run.id})


def start_from(project: Project, run: Run) -> Project:
    """Let the next run begin with a run's classifier, and with its settings."""
    keep_recipe(project, Recipe.read(run.recipe))
    return services().workspace.projects.choose(project.id, start=run.id)


def start_afresh(project: Project) -> Project:
    """Let the next run begin with the backbone alone, as usual."""
    return services().workspace.projects.choose(project.id, start=None)


def chosen_start(project: Project) -> Run | None:
    """The run that the next one begins with, if it still exists and has the same backbone."""
    run_id = project.choices.get("start")
    if not isinstance(run_id, str):
        return None
    try:
        run = services().workspace.runs.get(run_id)
    except NotFound:
        return None
    fits = run.project_id == project.id and run.deleted is None
    fits = fits and run.recipe.get("backbone") == chosen_backbone(project)
    return run if fits and left_classifier(run) else None


def classifier_folder(run: Run) -> Path:
    """Where the classifier of a run lies, if it left one."""
    return services().workspace.runs.folder(run.id) / CLASSIFIER_FOLDER


def left_classifier(run: Run) -> bool:
    """Whether a run left a classifier that can predict."""
    return has_classifier(classifier_folder(run))


def is_resumable(run: Run) -> bool:
    """Whether a run left a checkpoint, or was paused, so that it can resume."""
    if not run.state.resumable:
        return False
    return run.state is RunState.PAUSED or has_checkpoint(services().workspace.runs.folder(run.id))


def _just_sent(run: Run, recipe: Recipe, payload: dict[str, Any]) -> bool:
    same = run.recipe == recipe.to_json() and run.payload == payload
    return just_now(run) and not run.state.over and same


def just_now(run: Run) -> bool:
    """Whether a run was sent so recently that the same request again is a double click."""
    return (datetime.now(UTC) - run.created).total_seconds() < DOUBLE_CLICK
