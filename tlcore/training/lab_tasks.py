"""Trying a recipe before a run, as tasks for the workers: its learning rate, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.jobs.events import Event
from tlcore.training.cost import estimate
from tlcore.training.examples import TrainingSet, from_workspace
from tlcore.training.finder import find_rates
from tlcore.training.recipe import Recipe
from tlcore.training.stopping import Stop
from tlcore.workspace import Workspace


def find_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "project", "question"?, "recipe"} → the events of `find_rates`."""
    recipe, examples, home = _read(payload)
    yield from find_rates(recipe, examples, home, stop)


def cost_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "project", "question"?, "recipe"} → the events of `estimate`."""
    recipe, examples, home = _read(payload)
    yield from estimate(recipe, examples, home, stop)


def _read(payload: dict[str, Any]) -> tuple[Recipe, TrainingSet, Path]:
    """The recipe, the pictures of the project, and the home."""
    home = Path(payload["home"])
    workspace = Workspace.open(home)
    try:
        examples = from_workspace(workspace, payload["project"], payload.get("question"))
    finally:
        workspace.close()
    return Recipe.read(payload["recipe"]), examples, home
