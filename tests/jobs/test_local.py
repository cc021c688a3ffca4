"""Tests of tlcore/jobs/local.py, supervisor.py and active_run.py: runs in real processes."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing

import psutil
import pytest

from tlcore.jobs.local import LocalEngine
from tlcore.workspace import Workspace
from tlcore.workspace.records import Run, RunState

Until = Callable[..., None]
SLOW = {"to": 1000, "pause": 0.02}


def numbers(workspace: Workspace, run: Run) -> list[int]:
    return [e.data["number"] for e in workspace.runs.events(run.id) if e.kind == "step"]


def test_a_run_goes_from_the_queue_to_its_end(
    engine: LocalEngine, workspace: Workspace, project: str
) -> None:
    run = engine.submit(project, "tasks_for_tests:count", {}, {"to": 300})
    assert run.state is RunState.QUEUED
    ended = engine.wait(run.id, 20)
    assert ended.state is RunState.FINISHED
    assert ended.summary == {"reached": 300}
    assert ended.started is not None and ended.finished is not None
    assert ended.created <= ended.started <= ended.finished
    events = workspace.runs.events(run.id)
    assert [event.sequence for event in events] == list(range(1, 302))
    assert numbers(workspace, run) == list(range(1, 301))
    assert events[-1].kind == "finished"


def test_a_task_is_told_whose_run_it_is(
    engine: LocalEngine, workspace: Workspace, project: str
) -> None:
    run = engine.submit(project, "tasks_for_tests:say_payload", {"seed": 3}, {"more": 1})
    payload = engine.wait(run.id, 20).summary["payload"]
    home = str(workspace.home)
    recipe = {"seed": 3}
    assert payload == {"home": home, "project": project, "run": run.id, "recipe": recipe, "more": 1}


def test_runs_wait_for_each_other_in_order(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    first = engine.submit(project, "tasks_for_tests:count", {}, SLOW)
    others = [engine.submit(project, "tasks_for_tests:count", {}, {"to": 1}) for _ in range(2)]
    until(lambda: workspace.runs.get(first.id).state is RunState.RUNNING)
    assert [workspace.runs.place(run.id) for run in (first, *others)] == [0, 1, 2]
    status = engine.status()
    assert (status.runs, status.current_run) == ("busy", first.id)
    engine.stop(first.id)
    ends = [engine.wait(run.id, 20) for run in (first, *others)]
    assert [run.state for run in ends] == [RunState.STOPPED, RunState.FINISHED, RunState.FINISHED]
    assert ends[1].finished <= ends[2].started  # type: ignore[operator]


def test_events_are_there_while_the_run_goes(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    run = engine.submit(project, "tasks_for_tests:count", {}, SLOW)
    until(lambda: len(workspace.runs.events(run.id)) > 3)
    assert workspace.runs.get(run.id).state is RunState.RUNNING
    stopped = engine.stop(run.id)
    assert stopped.stop_requested and stopped.state is RunState.RUNNING
    ended = engine.wait(run.id, 10)
    assert ended.state is RunState.STOPPED and ended.error is None
    assert ended.summary == {"reached": len(numbers(workspace, run)), "stopped": True}


def test_a_waiting_run_is_stopped_at_once(
    engine: LocalEngine, workspace: Workspace, project: str
) -> None:
    first = engine.submit(project, "tasks_for_tests:count", {}, {"to": 30, "pause": 0.01})
    second = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
    assert engine.stop(second.id).state is RunState.STOPPED
    assert engine.wait(first.id, 20).state is RunState.FINISHED
    assert engine.wait(second.id, 0).state is RunState.STOPPED
    assert workspace.runs.events(second.id) == []


def test_stop_at_any_moment_ends_a_run_once(
    engine: LocalEngine, workspace: Workspace, project: str
) -> None:
    """Before the process is ready, while the run starts, and while it goes."""
    for pause in (0.0, 0.0, 0.003, 0.01, 0.03):
        run = engine.submit(project, "tasks_for_tests:count", {}, SLOW)
        time.sleep(pause)
        engine.stop(run.id)
        assert engine.wait(run.id, 10).state is RunState.STOPPED
    after = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
    assert engine.wait(after.id, 20).state is RunState.FINISHED


def test_a_run_that_does_not_stop_is_ended_by_force(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    stuck = engine.submit(project, "tasks_for_tests:ignore_stop", {}, {})
    after = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
    until(lambda: numbers(workspace, stuck) == [1])
    pid = engine.pids[0]
    engine.stop(stuck.id)
    assert engine.wait(stuck.id, 10).state is RunState.STOPPED
    assert engine.wait(after.id, 20).state is RunState.FINISHED
    assert engine.pids[0] != pid and not psutil.pid_exists(pid or 0)


def test_a_run_rests_and_goes_on(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    run = engine.submit(project, "tasks_for_tests:go_on", {}, {"to": 40, "pause": 0.02})
    until(lambda: len(numbers(workspace, run)) > 3)
    engine.pause(run.id)
    until(lambda: workspace.runs.get(run.id).state is RunState.PAUSED)
    before = numbers(workspace, run)
    assert len(before) < 40 and engine.status().current_run is None
    other = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
    assert engine.wait(other.id, 20).state is RunState.FINISHED
    assert engine.resume(run.id).state is RunState.QUEUED
    assert engine.wait(run.id, 20).state is RunState.FINISHED
    assert numbers(workspace, run) == list(range(1, 41))
    sequences = [event.sequence for event in workspace.runs.events(run.id)]
    assert sequences == list(range(1, len(sequences) + 1))


def test_a_run_goes_on_after_its_process_was_killed(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    run = engine.submit(project, "tasks_for_tests:go_on", {}, {"to": 40, "pause": 0.02})
    until(lambda: len(numbers(workspace, run)) > 3)
    engine.kill(run.id)
    assert engine.wait(run.id, 10).state is RunState.LOST
    engine.resume(run.id)
    ended = engine.wait(run.id, 20)
    assert ended.state is RunState.FINISHED and ended.error is None
    assert sorted(set(numbers(workspace, run))) == list(range(1, 41))


def test_a_waiting_run_rests_at_once_and_a_stuck_one_is_ended_by_force(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    stuck = engine.submit(project, "tasks_for_tests:ignore_stop", {}, {})
    waiting = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
    until(lambda: numbers(workspace, stuck) == [1])
    assert engine.pause(waiting.id).state is RunState.PAUSED
    engine.pause(stuck.id)
    until(lambda: workspace.runs.get(stuck.id).state is RunState.PAUSED)
    assert engine.stop(stuck.id).state is RunState.STOPPED
    assert workspace.runs.get(waiting.id).state is RunState.PAUSED


def test_a_run_whose_process_is_killed_is_lost_and_the_queue_goes_on(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    run = engine.submit(project, "tasks_for_tests:count", {}, SLOW)
    after = engine.submit(project, "tasks_for_tests:count", {}, {"to": 3})
    until(lambda: len(numbers(workspace, run)) > 3)
    pid = engine.pids[0]
    assert pid is not None  # None would mean this very process
    psutil.Process(pid).kill()
    ended = engine.wait(run.id, 10)
    assert ended.state is RunState.LOST
    assert ended.error and "ended" in ended.error and ended.remedy
    if sys.platform != "win32":
        assert "memory" in ended.error
    kept = numbers(workspace, run)
    assert kept == list(range(1, len(kept) + 1)) and len(kept) > 3
    assert engine.wait(after.id, 20).state is RunState.FINISHED


def test_an_idle_process_that_dies_takes_no_run_with_it(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    until(lambda: engine.status().runs == "ready")
    pid = engine.pids[0]
    assert pid is not None  # None would mean this very process
    psutil.Process(pid).kill()
    run = engine.submit(project, "tasks_for_tests:count", {}, {"to": 3})
    assert engine.wait(run.id, 20).state is RunState.FINISHED


def test_kill_loses_a_run_that_goes(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    run = engine.submit(project, "tasks_for_tests:ignore_stop", {}, {})
    waiting = engine.submit(project, "tasks_for_tests:count", {}, {"to": 3})
    until(lambda: numbers(workspace, run) == [1])
    engine.kill(waiting.id)
    engine.kill(run.id)
    assert engine.wait(run.id, 10).state is RunState.LOST
    assert engine.wait(waiting.id, 10).state is RunState.STOPPED


@pytest.mark.parametrize(
    ("task", "state", "words"),
    [
        ("refuse", RunState.FAILED, "The rate is 9."),
        ("stumble", RunState.FAILED, "KeyError"),
        ("exhaust", RunState.FAILED, "ran out of memory"),
        ("say_the_unsayable", RunState.FAILED, "cannot be sent"),
        ("die", RunState.LOST, "exit code 7"),
        ("no_such_task", RunState.FAILED, "cannot be loaded"),
    ],
)
def test_how_a_run_can_end_badly(
    engine: LocalEngine, project: str, task: str, state: RunState, words: str
) -> None:
    ended = engine.wait(engine.submit(project, f"tasks_for_tests:{task}", {}, {}).id, 20)
    assert ended.state is state
    assert words in (ended.error or "") and ended.remedy


def test_a_traceback_goes_to_the_log(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    engine.wait(engine.submit(project, "tasks_for_tests:stumble", {}, {}).id, 20)
    log = workspace.home / "logs" / "runs.log"
    until(lambda: log.is_file() and "a mistake of ours" in log.read_text(encoding="utf-8"))


def test_a_database_in_trouble_delays_a_run_but_loses_nothing(
    engine: LocalEngine, workspace: Workspace, project: str, until: Until
) -> None:
    run = engine.submit(project, "tasks_for_tests:count", {}, {"to": 60, "pause": 0.01})
    until(lambda: len(numbers(workspace, run)) > 3)
    with closing(sqlite3.connect(workspace.home / "graft.db", timeout=20)) as raw:
        raw.execute("ALTER TABLE events RENAME TO away")
        time.sleep(1.2)  # the run ends meanwhile
        assert workspace.runs.get(run.id).state is RunState.RUNNING
        raw.execute("ALTER TABLE away RENAME TO events")
    assert engine.wait(run.id, 20).state is RunState.FINISHED
    assert numbers(workspace, run) == list(range(1, 61))
