"""Tests of tlcore/workspace/runs.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tlcore.errors import GraftError, NotFound
from tlcore.workspace import Workspace
from tlcore.workspace.records import Project, Run, RunState


@dataclass(frozen=True)
class Said:
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    at: float = 1.5


def create(workspace: Workspace, project: Project) -> Run:
    return workspace.runs.create(project.id, "room:task", {"epochs": 3}, {"more": [1]})


def test_runs_are_numbered_in_their_project_and_queued_over_all(
    workspace: Workspace, project: Project
) -> None:
    other = workspace.projects.create("Other")
    runs = [create(workspace, owner) for owner in (project, other, project)]
    assert [run.number for run in runs] == [1, 1, 2]
    assert workspace.runs.queue() == runs
    assert workspace.runs.list(project.id) == [runs[2], runs[0]]
    assert [workspace.runs.place(run.id) for run in runs] == [1, 2, 3]
    first = workspace.runs.get(runs[0].id)
    assert first.state is RunState.QUEUED
    assert (first.recipe, first.payload) == ({"epochs": 3}, {"more": [1]})


def test_a_run_goes_through_its_states_once(workspace: Workspace, project: Project) -> None:
    run = create(workspace, project)
    assert workspace.runs.start(run.id)
    assert not workspace.runs.start(run.id)
    assert [going.id for going in workspace.runs.running()] == [run.id]
    assert workspace.runs.place(run.id) == 0
    ended = workspace.runs.finish(run.id, RunState.FINISHED, summary={"val_accuracy": 0.9})
    assert (ended.state, ended.summary) == (RunState.FINISHED, {"val_accuracy": 0.9})
    assert ended.started and ended.finished and ended.started <= ended.finished
    assert workspace.runs.finish(run.id, RunState.LOST, error="late") == ended
    assert workspace.runs.place(run.id) == -1
    with pytest.raises(ValueError, match="running"):
        workspace.runs.finish(run.id, RunState.RUNNING)


def test_a_waiting_run_stops_at_once_and_a_running_one_is_asked(
    workspace: Workspace, project: Project
) -> None:
    waiting, running = create(workspace, project), create(workspace, project)
    assert workspace.runs.request_stop(waiting.id).state is RunState.STOPPED
    assert not workspace.runs.start(waiting.id)
    workspace.runs.start(running.id)
    marked = workspace.runs.request_stop(running.id)
    assert (marked.state, marked.stop_requested) == (RunState.RUNNING, True)
    ended = workspace.runs.finish(running.id, RunState.STOPPED)
    assert workspace.runs.request_stop(running.id) == ended


def test_a_score_that_came_later_is_noted(workspace: Workspace, project: Project) -> None:
    run = create(workspace, project)
    workspace.runs.start(run.id)
    summary = {"val_accuracy": 0.9, "test_accuracy": None, "examples": {"train": 80}}
    workspace.runs.finish(run.id, RunState.STOPPED, summary=summary)
    noted = workspace.runs.note_score(run.id, 0.6, 20)
    counted = {"train": 80, "test": 20}  # a page tells 12 of 20, not 0 of 0
    assert noted.summary == {**summary, "test_accuracy": 0.6, "examples": counted}
    assert workspace.runs.get(run.id).state is RunState.STOPPED


def test_a_run_can_be_put_back(workspace: Workspace, project: Project) -> None:
    first, second = create(workspace, project), create(workspace, project)
    workspace.runs.start(first.id)
    workspace.runs.requeue(first.id)
    assert [run.id for run in workspace.runs.queue()] == [first.id, second.id]
    assert workspace.runs.get(first.id).started is None


def test_a_run_rests_and_goes_on(workspace: Workspace, project: Project) -> None:
    run, waiting = create(workspace, project), create(workspace, project)
    workspace.runs.start(run.id)
    resting = workspace.runs.pause(run.id, summary={"epochs": 2})
    assert (resting.state, resting.summary) == (RunState.PAUSED, {"epochs": 2})
    assert not resting.state.over and resting.state.resumable and resting.finished
    assert workspace.runs.pause(waiting.id).state is RunState.PAUSED
    assert workspace.runs.queue() == [] and workspace.runs.place(run.id) == -1
    again = workspace.runs.resume(run.id)
    assert (again.state, again.finished) == (RunState.QUEUED, None)
    assert again.payload == {"more": [1], "resumed": True}
    assert workspace.runs.resume(run.id) == again
    assert workspace.runs.request_stop(waiting.id).state is RunState.STOPPED


@pytest.mark.parametrize("state", [RunState.STOPPED, RunState.FAILED, RunState.LOST])
def test_a_run_that_broke_off_goes_on(
    workspace: Workspace, project: Project, state: RunState
) -> None:
    run = create(workspace, project)
    workspace.runs.start(run.id)
    workspace.runs.request_stop(run.id)
    workspace.runs.finish(run.id, state, error="why", remedy="what now")
    again = workspace.runs.resume(run.id)
    assert (again.state, again.error, again.remedy) == (RunState.QUEUED, None, None)
    assert not again.stop_requested and workspace.runs.start(run.id)


def test_what_is_finished_or_deleted_does_not_go_on(workspace: Workspace, project: Project) -> None:
    run, gone = create(workspace, project), create(workspace, project)
    workspace.runs.start(run.id)
    workspace.runs.finish(run.id, RunState.FINISHED)
    with pytest.raises(GraftError, match="finished"):
        workspace.runs.resume(run.id)
    workspace.runs.pause(gone.id)
    assert workspace.runs.delete(gone.id).state is RunState.STOPPED
    with pytest.raises(GraftError, match="deleted"):
        workspace.runs.resume(gone.id)
    assert workspace.runs.pause(run.id).state is RunState.FINISHED


def test_events_are_numbered_and_read_from_any_point(
    workspace: Workspace, project: Project
) -> None:
    run, other = create(workspace, project), create(workspace, project)
    workspace.runs.append(run.id, [Said("step", {"n": n}, n + 0.25) for n in range(3)])
    workspace.runs.append(run.id, [])
    workspace.runs.append(other.id, [Said("note")])
    workspace.runs.append(run.id, [Said("finished")])
    events = workspace.runs.events(run.id)
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert (events[2].kind, events[2].data, events[2].at) == ("step", {"n": 2}, 2.25)
    assert workspace.runs.events(run.id, after=2) == events[2:]
    assert workspace.runs.events(run.id, after=1, limit=2) == events[1:3]


def test_a_run_is_deleted_and_brought_back(workspace: Workspace, project: Project) -> None:
    run, running = create(workspace, project), create(workspace, project)
    workspace.runs.start(running.id)
    with pytest.raises(GraftError, match="still going"):
        workspace.runs.delete(running.id)
    assert workspace.runs.delete(run.id).state is RunState.STOPPED
    assert [left.id for left in workspace.runs.list(project.id)] == [running.id]
    assert [gone.id for gone in workspace.runs.list(project.id, deleted=True)] == [run.id]
    workspace.runs.restore(run.id)
    assert len(workspace.runs.list(project.id)) == 2


def test_runs_of_a_deleted_project_do_not_wait(workspace: Workspace, project: Project) -> None:
    run = create(workspace, project)
    workspace.projects.delete(project.id)
    assert workspace.runs.queue() == []
    workspace.projects.restore(project.id)
    assert workspace.runs.queue() == [run]


def test_a_run_has_a_folder(workspace: Workspace, project: Project) -> None:
    run = create(workspace, project)
    folder = workspace.runs.folder(run.id)
    assert folder.is_dir() and folder == workspace.home / "runs" / run.id
    for strange in ("../pictures", "0123456789ab"):
        with pytest.raises(NotFound):
            workspace.runs.folder(strange)


def test_a_run_that_nobody_watched_ended_when_it_was_last_heard(
    workspace: Workspace, project: Project
) -> None:
    run = create(workspace, project)
    workspace.runs.start(run.id)
    began = workspace.runs.get(run.id).started
    assert began is not None and workspace.runs.last_heard(run.id) == began
    workspace.runs.append(run.id, [Said("step", at=began.timestamp() + 60)])
    heard = workspace.runs.last_heard(run.id)
    assert heard - began == timedelta(seconds=60)
    assert workspace.runs.finish(run.id, RunState.LOST, at=heard).finished == heard
