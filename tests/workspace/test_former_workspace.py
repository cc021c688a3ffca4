"""A workspace that Graft wrote before its rooms were parted opens, and its runs go on.

`former/flat_house.zip` is such a home: a finished and scored run, a paused one, a waiting one, each
of a tiny network with random weights. Its frozen weights were left out; a training writes them.
"""

from __future__ import annotations

import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from tlcore.jobs.local import LocalEngine
from tlcore.workspace import Workspace
from tlcore.workspace.records import RunState, Split, StoredEvent
from tlcore.workspace.upgrade import MOVED_TASKS, task_now

FORMER = Path(__file__).parent / "former" / "flat_house.zip"
SCORED, PAUSED, WAITING = "1cdeb396963f", "3cbb1b114d98", "8f3e86ba5ad6"


@pytest.fixture
def workspace(home: Path) -> Workspace:
    with zipfile.ZipFile(FORMER) as archive:
        archive.extractall(home)
    return Workspace.open(home)


def epochs(events: list[StoredEvent]) -> list[int]:
    return [event.data["epoch"] for event in events if event.kind == "epoch"]


def test_its_pictures_runs_and_curves_are_there(workspace: Workspace) -> None:
    (summary,) = workspace.projects.summaries()
    examples = workspace.examples.list(summary.project.id)
    assert len(examples) == 16 and {example.split for example in examples} >= {
        Split.TRAIN,
        Split.VALIDATION,
        Split.TEST,
    }
    assert all(workspace.pictures.has(example.picture) for example in examples)
    waiting, paused, scored = workspace.runs.list(summary.project.id)
    assert [run.state for run in (scored, paused, waiting)] == [
        RunState.FINISHED,
        RunState.PAUSED,
        RunState.QUEUED,
    ]
    assert epochs(workspace.runs.events(SCORED)) == [1, 2, 3, 4]
    assert epochs(workspace.runs.events(PAUSED)) == list(range(1, 25))
    assert scored.summary["test_accuracy"] == 1.0


def test_its_runs_name_tasks_where_they_stand_now(workspace: Workspace, home: Path) -> None:
    (summary,) = workspace.projects.summaries()
    functions = {run.function for run in workspace.runs.list(summary.project.id)}
    assert functions == {"tlcore.results.score.tasks:train_and_score"}
    workspace.close()
    again = Workspace.open(home)
    assert {run.function for run in again.runs.list(summary.project.id)} == functions


def test_its_runs_go_on_where_they_stood(workspace: Workspace) -> None:
    with LocalEngine(workspace, preload=()) as engine:
        assert engine.wait(WAITING, 120).state is RunState.FINISHED
        engine.resume(PAUSED)
        ended = engine.wait(PAUSED, 120)
    assert ended.state is RunState.FINISHED, ended.error
    events = workspace.runs.events(PAUSED)
    assert "resumed" in [event.kind for event in events]
    assert epochs(events) == list(range(1, 301))
    assert epochs(workspace.runs.events(WAITING)) == [1, 2, 3, 4]


@pytest.mark.parametrize("module", sorted(set(MOVED_TASKS.values())))
def test_tasks_moved_to_rooms_that_are_there(module: str) -> None:
    assert import_module(module)
    assert module not in MOVED_TASKS, "a task is named where it stands now, not on its way there"


def test_other_names_stay_as_they_are() -> None:
    for function in (
        "import",
        "",
        "tasks_for_tests:count",
        "tlcore.results.score.tasks:train_and_score",
    ):
        assert task_now(function) == function
