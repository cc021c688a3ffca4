"""Tests of tlcore/jobs/local.py: closing, a killed server, and processes that do not get ready."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tlcore.errors import EngineError
from tlcore.jobs.local import LocalEngine
from tlcore.workspace import Workspace
from tlcore.workspace.records import Run, RunState

Until = Callable[..., None]
SLOW = {"to": 1000, "pause": 0.02}


def numbers(workspace: Workspace, run: Run) -> list[int]:
    return [e.data["number"] for e in workspace.runs.events(run.id) if e.kind == "step"]


def test_closing_leaves_no_process_and_no_run_behind(
    workspace: Workspace, project: str, until: Until
) -> None:
    engine = LocalEngine(workspace, preload=())
    with engine:
        run = engine.submit(project, "tasks_for_tests:ignore_stop", {}, {})
        waiting = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
        until(lambda: numbers(workspace, run) == [1])
        until(lambda: engine.status().requests == "ready")
        pids = [pid for pid in engine.pids if pid]
    assert len(pids) == 2 and not any(psutil.pid_exists(pid) for pid in pids)
    assert workspace.runs.get(run.id).state is RunState.LOST
    assert workspace.runs.get(waiting.id).state is RunState.QUEUED
    assert engine.status().runs == engine.status().requests == "dead"
    with pytest.raises(EngineError):
        engine.ask("tasks_for_tests:echo", {"say": 1})


def test_closing_while_starting_leaves_no_process_behind(workspace: Workspace) -> None:
    before = set(psutil.Process().children())
    for _ in range(3):
        with LocalEngine(workspace, preload=()):
            pass
    assert set(psutil.Process().children()) <= before


def test_a_second_engine_on_the_same_home_is_refused(
    engine: LocalEngine, workspace: Workspace
) -> None:
    with pytest.raises(EngineError) as refused:
        LocalEngine(workspace, preload=()).start()
    assert str(workspace.home) in refused.value.message
    engine.close()
    with LocalEngine(workspace, preload=()):
        pass


def test_after_a_killed_server_its_run_is_lost_and_its_queue_goes_on(
    home: Path, until: Until, tmp_path: Path
) -> None:
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("server_for_tests.py")), str(home)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=server_environment(),
    )
    assert server.stdout is not None
    with server, server.stdout:
        first, second, *pids = server.stdout.readline().split()
        server.kill()
    until(lambda: not any(alive(int(pid)) for pid in pids))
    workspace = Workspace.open(home)
    assert workspace.runs.get(first).state is RunState.RUNNING
    with LocalEngine(workspace, preload=()) as engine:
        lost = workspace.runs.get(first)
        assert lost.state is RunState.LOST and lost.error and lost.remedy
        last = workspace.runs.events(first)[-1].at
        assert lost.finished is not None
        assert lost.finished.timestamp() == pytest.approx(last, abs=1e-3), "not at this start"
        assert engine.wait(second, 20).state is RunState.FINISHED


def server_environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[2])
    return {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ["PYTHONPATH"]])}


def alive(pid: int) -> bool:
    """True while the process works; one that only waits to be buried by init does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_library_that_cannot_be_imported_does_not_stop_the_engine(
    workspace: Workspace, project: str
) -> None:
    with LocalEngine(workspace, preload=("broken_preload", "no_such_module")) as engine:
        run = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
        assert engine.wait(run.id, 20).state is RunState.FINISHED


def test_a_process_that_never_gets_ready_is_said_so(workspace: Workspace, project: str) -> None:
    with LocalEngine(workspace, preload=("deadly_preload",)) as engine:
        run = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
        ended = engine.wait(run.id, 20)
        assert ended.state is RunState.FAILED
        assert "does not start (exit code 9)" in (ended.error or "")
        with pytest.raises(EngineError, match="not running"):
            engine.ask("tasks_for_tests:echo", {"say": 1})
        assert engine.status().runs == "dead"
        again = engine.submit(project, "tasks_for_tests:count", {}, {"to": 1})
        assert engine.wait(again.id, 20).state is RunState.FAILED


def test_a_home_that_is_given_relative_works_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    workspace = Workspace.open(Path("here"))
    project = workspace.projects.create("Ants").id
    with LocalEngine(workspace, preload=("tlcore.jobs.events",)) as engine:
        run = engine.submit(project, "tasks_for_tests:say_payload", {}, {})
        assert engine.wait(run.id, 20).summary["payload"]["home"] == str(tmp_path / "here")
