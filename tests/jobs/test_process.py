"""Tests of tlcore/jobs/process.py and worker.py, spoken to directly."""

from __future__ import annotations

import os
import queue
import sys
from pathlib import Path

import psutil
import pytest

from tlcore.jobs.logfile import LogFile
from tlcore.jobs.process import (
    ROOT,
    Message,
    WorkerGone,
    WorkerProcess,
    death_in_words,
    worker_environment,
)


class Listener:
    """A worker process, and what it says."""

    def __init__(self, kind: str, home: Path) -> None:
        self.messages: queue.SimpleQueue[Message | int] = queue.SimpleQueue()
        log = LogFile(home / f"{kind}.log")
        self.process = WorkerProcess(kind, (), home, log, self.messages.put, self.messages.put)

    def next(self) -> Message | int:
        return self.messages.get(timeout=15)

    def kinds_until_end(self, task: str) -> list[str]:
        kinds = []
        while not kinds or kinds[-1] != "end":
            message = self.next()
            assert isinstance(message, dict) and message["id"] == task
            kinds.append(message["kind"])
        return kinds


@pytest.mark.parametrize("kind", ["runs", "requests"])
def test_a_worker_gets_ready_works_and_ends_with_its_input(kind: str, tmp_path: Path) -> None:
    listener = Listener(kind, tmp_path)
    ready = listener.next()
    assert isinstance(ready, dict) and ready["kind"] == "ready"
    assert ready["data"] == {"pid": listener.process.pid, "problems": {}}
    task = {"id": "t1", "function": "tasks_for_tests:count", "payload": {"to": 2}}
    listener.process.send(task)
    assert listener.kinds_until_end("t1") == ["started", "step", "step", "finished", "end"]
    listener.process.close()
    assert listener.next() == 0
    assert not psutil.pid_exists(listener.process.pid)
    with pytest.raises(WorkerGone):
        listener.process.send(task)


def test_a_worker_ends_with_its_input_also_in_the_middle_of_a_task(tmp_path: Path) -> None:
    listener = Listener("runs", tmp_path)
    assert listener.next()
    task = {"id": "t1", "function": "tasks_for_tests:ignore_stop", "payload": {}}
    listener.process.send(task)
    assert listener.next()
    listener.process.close(seconds=10)
    while not isinstance(code := listener.next(), int):
        pass
    assert code == 0  # by itself: force would show in the code


def test_a_killed_worker_reports_its_end(tmp_path: Path) -> None:
    listener = Listener("runs", tmp_path)
    listener.process.kill()
    while not isinstance(code := listener.next(), int):
        pass
    assert code == (1 if sys.platform == "win32" else -9)
    assert not listener.process.alive


def test_the_environment_of_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_PASSPHRASE", "secret")
    environment = worker_environment(tmp_path)
    assert "GRAFT_PASSPHRASE" not in environment
    assert environment["GRAFT_HOME"] == str(tmp_path)
    first, *rest = environment["PYTHONPATH"].split(os.pathsep)
    assert Path(first) == ROOT and (ROOT / "tlcore").is_dir()
    assert rest == os.environ["PYTHONPATH"].split(os.pathsep)


@pytest.mark.parametrize("code", [-9, 137, 0xC0000017, 0xC0000017 - 2**32])
def test_an_end_that_looks_like_lack_of_memory_says_so(code: int) -> None:
    assert "memory" in death_in_words(code)


def test_another_end_names_its_code() -> None:
    assert "exit code -11" in death_in_words(-11)
