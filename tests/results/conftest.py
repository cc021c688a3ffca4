"""A tiny project whose run was trained and scored once, for all tests of what follows from it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.images.reduction import working_copy
from tlcore.jobs.events import Event
from tlcore.results.score.tasks import train_and_score
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace import Workspace
from tlcore.workspace.records import NewExample, Split

SPLITS = [Split.TRAIN] * 14 + [Split.VALIDATION] * 6 + [Split.TEST] * 6
COLOURS = ("red", "blue")


@dataclass(frozen=True)
class ScoredRun:
    """A home, what the tasks of its one run are asked with, and the run's folder."""

    home: Path
    payload: dict[str, Any]
    folder: Path

    def copies(self) -> list[Path]:
        """The working copies of its pictures."""
        return sorted(path for path in (self.home / "pictures/copies").rglob("*") if path.is_file())


def noise(label: str, seed: int) -> bytes:
    """Red or blue noise as a PNG, the two not too easily told apart."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 200, (48, 48, 3), np.uint8)
    pixels[..., 0 if label == "red" else 2] += 25
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def add_pictures(workspace: Workspace, project_id: str) -> None:
    """Red and blue pictures in all three splits."""
    question = workspace.labels.question(project_id).id
    for name in COLOURS:
        label = workspace.labels.add(question, name)
        new = []
        for number, split in enumerate(SPLITS):
            data = noise(name, number + 1000 * (name == "red"))
            copy = working_copy(data)
            sha = workspace.pictures.put(data, copy.jpeg, copy.thumbnail)
            new.append(NewExample(sha, f"{name} {number}.png", split, answers={question: label.id}))
        workspace.examples.add(project_id, new)


@pytest.fixture(scope="session")
def scored_run(tmp_path_factory: pytest.TempPathFactory) -> ScoredRun:
    home = tmp_path_factory.mktemp("scored")
    workspace = Workspace.open(home)
    project = workspace.projects.create("Colours")
    add_pictures(workspace, project.id)
    recipe = Recipe(backbone=DEFAULT_BACKBONE, epochs=2, batch_size=8, head_rate=0.003).to_json()
    run = workspace.runs.create(project.id, "x:y", recipe, {})
    folder = workspace.runs.folder(run.id)
    workspace.close()
    payload = {"home": str(home), "project": project.id, "run": run.id, "recipe": recipe}
    assert result_kinds(train_and_score(payload, lambda: False))[-1] == "finished"
    return ScoredRun(home, payload, folder)


def result_kinds(events: Iterable[Event]) -> list[str]:
    """The kinds of all events, in order; every one must survive the way through a pipe."""
    kinds = []
    for event in events:
        assert Event.from_json(event.to_json()).kind == event.kind
        kinds.append(event.kind)
    return kinds


def result_of(events: Iterable[Event]) -> dict[str, Any]:
    """The data of the last `result` event, as it comes out of a pipe."""
    data = [Event.from_json(event.to_json()).data for event in events if event.kind == "result"]
    assert data, "the task gave no result"
    return data[-1]
