"""Tests of tlcore/jobs/background.py: work of a real worker, and of small streams of events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tlcore.errors import EngineError, RecipeRefused
from tlcore.jobs.background import Background, Progress, stored_work
from tlcore.jobs.events import Event
from tlcore.jobs.local import LocalEngine

Until = Callable[..., None]


class Streams:
    """An engine without a process: one function by name, and how often each was started."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.go_on = threading.Event()

    def stream(self, function: str, payload: dict[str, Any]) -> Iterator[Event]:
        self.started.append(function)
        return getattr(self, function)(payload)  # type: ignore[no-any-return]

    def waits(self, payload: dict[str, Any]) -> Iterator[Event]:
        yield Event("progress", {"doing": "waiting", "done": 1, "total": 4})
        self.go_on.wait(10)
        yield Event("result", payload)

    def refuses(self, payload: dict[str, Any]) -> Iterator[Event]:
        raise RecipeRefused("The rate is 9.", "Choose one below 1.")
        yield Event("result")

    def stumbles(self, payload: dict[str, Any]) -> Iterator[Event]:
        yield Event("progress", {})
        raise KeyError("a mistake of ours")

    def says_nothing(self, payload: dict[str, Any]) -> Iterator[Event]:
        yield Event("note")


def test_work_is_started_once_seen_by_all_and_over_when_it_is_stored(
    tmp_path: Path, until: Until
) -> None:
    streams, store = Streams(), tmp_path / "made" / "report.json"
    background = Background(streams)
    with ThreadPoolExecutor(8) as visitors:
        works = list(
            visitors.map(
                lambda _: background.start("folder", "waits", {"pictures": 3}, store=store),
                range(40),
            )
        )
    assert len({id(work) for work in works}) == 1 and streams.started == ["waits"]
    work = works[0]
    until(lambda: work.progress is not None)
    assert work.progress == Progress("waiting", 1, 4) and work.progress.share == 0.25
    assert not work.over and work.report is None and not store.exists()
    streams.go_on.set()
    assert work.wait(10)
    assert work.report == {"pictures": 3} and work.error is None
    assert background.find("folder") is work
    after_a_restart = stored_work(store)
    assert after_a_restart is not None and after_a_restart.over
    assert (after_a_restart.report, after_a_restart.payload) == (work.report, work.payload)


@pytest.mark.parametrize(
    ("task", "kind", "words"),
    [
        ("refuses", RecipeRefused, "The rate is 9"),
        ("stumbles", EngineError, "broke off"),
        ("says_nothing", EngineError, "no answer"),
    ],
)
def test_work_that_fails_says_why_and_can_be_started_again(
    task: str, kind: type[EngineError], words: str
) -> None:
    streams = Streams()
    background = Background(streams)
    work = background.start("folder", task, {})
    assert work.wait(10) and work.report is None
    assert isinstance(work.error, kind) and words in work.error.message and work.error.remedy
    assert background.start("folder", task, {}) is work, "not by itself"
    background.forget("folder")
    assert background.start("folder", task, {}).wait(10)
    assert streams.started == [task, task]


def test_a_report_that_cannot_be_stored_is_not_said_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no folder")
    streams = Streams()
    streams.go_on.set()
    work = Background(streams).start("folder", "waits", {}, store=tmp_path / "file" / "report")
    assert work.wait(10)
    assert work.report is None and work.error is not None and "stored" in work.error.message
    assert stored_work(tmp_path / "file" / "report") is None


def test_what_is_over_is_forgotten_for_what_comes_what_goes_on_is_not() -> None:
    streams = Streams()
    background = Background(streams, most_kept=3)
    going = background.start("goes on", "waits", {})
    for number in range(5):
        assert background.start(f"over {number}", "says_nothing", {}).wait(10)
    assert background.find("goes on") is going and not going.over
    kept = [number for number in range(5) if background.find(f"over {number}")]
    assert kept == [3, 4]
    streams.go_on.set()


def test_closing_stops_what_is_under_way(engine: LocalEngine, tmp_path: Path, until: Until) -> None:
    background = Background(engine)
    mark = tmp_path / "mark"
    work = background.start("count", "tasks_for_tests:progress", {"mark": str(mark)})
    until(lambda: work.progress is not None)
    background.close()
    assert work.wait(10) and work.report is None and work.error is None
    until(mark.exists)  # the task itself was left politely
    with pytest.raises(EngineError):
        background.start("another", "tasks_for_tests:progress", {})


def test_the_real_worker_works_while_nobody_looks(engine: LocalEngine) -> None:
    work = Background(engine).start("echo", "tasks_for_tests:echo", {"say": "done"})
    assert work.wait(30) and work.report is not None and work.report["said"] == "done"
