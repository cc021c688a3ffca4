"""Trials of a recipe before a run, as tasks for the workers: its learning rate, and its cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.training.data.training_set import TrainingSet, from_workspace
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.trial.cost import estimate
from tlcore.training.trial.rate_finder import find_rates
from tlcore.workspace import Workspace


def find_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "project", "question"?, "recipe", "start"?} → the events of `find_rates`."""
    recipe, examples, home, start = _read(payload)
    yield from find_rates(recipe, examples, home, stop, start)


def cost_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "project", "question"?, "recipe", "start"?} → the events of `estimate`."""
    recipe, examples, home, start = _read(payload)
    yield from estimate(recipe, examples, home, stop, start)


def _read(payload: dict[str, Any]) -> tuple[Recipe, TrainingSet, Path, Path | None]:
    """The recipe, the pictures of the project, the home, and the classifier to begin with."""
    home = Path(payload["home"])
    workspace = Workspace.open(home)
    try:
        examples = from_workspace(workspace, payload["project"], payload.get("question"))
        run = payload.get("start")
        start = workspace.runs.folder(run) / CLASSIFIER_FOLDER if run else None
    finally:
        workspace.close()
    return Recipe.read(payload["recipe"]), examples, home, start
