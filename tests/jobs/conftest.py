"""What the tests of jobs share: a workspace, an engine on it, and workers that find the tasks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tlcore.jobs.local import LocalEngine
from tlcore.workspace import Workspace

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def tasks_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find `tasks_for_tests` by name."""
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(HERE), known])))


@pytest.fixture
def workspace(home: Path) -> Workspace:
    return Workspace.open(home)


@pytest.fixture
def project(workspace: Workspace) -> str:
    return workspace.projects.create("Ants").id


@pytest.fixture
def engine(workspace: Workspace) -> Iterator[LocalEngine]:
    with LocalEngine(workspace, preload=(), stop_seconds=0.5) as started:
        yield started


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for something to become true; fail when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture(name="until")
def give_until() -> Callable[..., None]:
    return until
