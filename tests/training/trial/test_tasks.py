"""The tasks read a project from the workspace and end in a result of plain data."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.conftest import draw
from tlcore.errors import RecipeRefused, TrainingFailed
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.training.data.training_set import from_workspace
from tlcore.training.fit.resuming.run_folder import write_examples
from tlcore.training.fit.resuming.stored_run import begin_run
from tlcore.training.trial.tasks import cost_task, find_task
from tlcore.workspace import Workspace
from tlcore.workspace.records import Split

RECIPE = {"backbone": "test_resnet", "pretrained": False, "batch_size": 4, "epochs": 2}


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    workspace = Workspace.open(home)
    project = workspace.projects.create("Patterns")
    random = np.random.default_rng(5)
    for label in ("dots", "stripes"):
        files = [(f"{label} {number}.png", _png(label, random)) for number in range(8)]
        ingest(workspace, project.id, from_files(files, label=label))
    workspace.close()
    return {"home": str(home), "project": project.id, "recipe": RECIPE}


def _png(label: str, random: np.random.Generator) -> bytes:
    with io.BytesIO() as file:
        draw(label, random).save(file, "PNG")
        return file.getvalue()


def never() -> bool:
    return False


@pytest.mark.parametrize("task", [find_task, cost_task])
def test_it_ends_in_a_result_of_plain_data(task: Any, payload: dict[str, Any]) -> None:
    *_, last = task(payload, never)
    assert last.kind == "result"
    json.dumps(last.data, allow_nan=False)
    assert last.data["seconds"] > 0
    assert ("points" in last.data) != ("phases" in last.data)


@pytest.mark.parametrize("task", [find_task, cost_task])
def test_a_start_without_a_classifier_is_refused(task: Any, payload: dict[str, Any]) -> None:
    workspace = Workspace.open(Path(payload["home"]))
    run = workspace.runs.create(payload["project"], "none:none", RECIPE, {})
    workspace.close()
    with pytest.raises(RecipeRefused, match="no classifier"):
        list(task({**payload, "start": run.id}, never))


def test_a_project_without_pictures_is_refused(payload: dict[str, Any]) -> None:
    workspace = Workspace.open(Path(payload["home"]))
    empty = workspace.projects.create("Empty")
    workspace.close()
    with pytest.raises(TrainingFailed):
        list(cost_task({**payload, "project": empty.id}, never))


def test_what_an_earlier_training_has_learned_is_not_scored(payload: dict[str, Any]) -> None:
    """Of a picture that was moved to another split since: also over two starts."""
    workspace = Workspace.open(Path(payload["home"]))
    project, create = payload["project"], workspace.runs.create
    first = create(project, "none:none", RECIPE, {})
    second = create(project, "none:none", RECIPE, {"start": first.id})
    third = create(project, "none:none", RECIPE, {"start": second.id})
    now = from_workspace(workspace, project)
    moved = next(example for example in now.examples if example.split is not Split.TRAIN)
    then = [
        replace(example, split=Split.TRAIN) if example is moved else example
        for example in now.examples
    ]
    write_examples(workspace.runs.folder(first.id), replace(now, examples=tuple(then)))
    workspace.close()
    for run, start in ((second, first), (third, second)):
        begun = begin_run({**payload, "run": run.id, "start": start.id})[1]
        assert moved not in begun.examples
        assert set(begun.examples) | {moved} == set(now.examples)
        assert "1 picture is left out of scoring" in begun.notes[-1]
        assert begin_run({**payload, "run": run.id, "start": start.id})[1] == begun, "as written"
