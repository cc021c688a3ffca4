"""Tests of tlcore/jobs/request_worker.py and worker.py: requests to a real process."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tlcore.errors import EngineError, PictureRefused, RecipeRefused
from tlcore.jobs.local import LocalEngine
from tlcore.jobs.logfile import LogFile
from tlcore.jobs.request_worker import AFTER_DEATH_SECONDS, DEATHS, RequestWorker
from tlcore.workspace import Workspace

Until = Callable[..., None]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace.open(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def engine(workspace: Workspace) -> Iterator[LocalEngine]:
    """One for all tests here: whatever a test does to its process, the next finds it working."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        started = LocalEngine(workspace, preload=(), stop_seconds=0.5)
        started.start()
    yield started
    started.close()


def test_an_answer_comes_from_another_process(engine: LocalEngine) -> None:
    answer = engine.ask("tasks_for_tests:echo", {"say": "hällo \U0001f41c"})
    assert answer["said"] == "hällo \U0001f41c"
    assert answer["pid"] == engine.pids[1] != os.getpid()


def test_a_big_payload_comes_through(engine: LocalEngine) -> None:
    words = "x" * 5_000_000
    assert engine.ask("tasks_for_tests:echo", {"say": words})["said"] == words


def test_answers_come_while_a_run_goes(engine: LocalEngine, project: str, until: Until) -> None:
    run = engine.submit(project, "tasks_for_tests:ignore_stop", {}, {})
    until(lambda: engine.status().current_run == run.id)
    assert engine.ask("tasks_for_tests:echo", {"say": 1})["said"] == 1
    engine.kill(run.id)


def test_four_questions_are_answered_at_the_same_time(engine: LocalEngine) -> None:
    engine.ask("tasks_for_tests:echo", {"say": 0})
    answers: list[int] = []

    def ask(number: int) -> None:
        payload = {"say": number, "pause": 1.0}
        answers.append(engine.ask("tasks_for_tests:echo", payload)["said"])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0, 1, 2, 3]
    assert time.monotonic() - began < 3.9  # one after the other would take four seconds


def test_what_is_printed_does_not_disturb(
    engine: LocalEngine, workspace: Workspace, until: Until
) -> None:
    assert engine.ask("tasks_for_tests:print_much", {}) == {"read": ""}
    log = workspace.home / "logs" / "requests.log"
    expected = ("by a library", "past the replacement", "written by C", "said by a child")

    def logged() -> str:
        return log.read_text(encoding="utf-8") if log.is_file() else ""

    until(lambda: all(words in logged() for words in expected))


def test_errors_arrive_as_they_were_raised(engine: LocalEngine) -> None:
    with pytest.raises(RecipeRefused) as refused:
        engine.ask("tasks_for_tests:refuse", {})
    assert (refused.value.message, refused.value.remedy) == (
        "The rate is 9.",
        "Choose one below 1.",
    )
    with pytest.raises(PictureRefused) as picture:
        engine.ask("tasks_for_tests:refuse_picture", {})
    assert picture.value.reason == "empty"
    with pytest.raises(EngineError, match="KeyError"):
        engine.ask("tasks_for_tests:stumble", {})
    with pytest.raises(EngineError, match="no answer"):
        engine.ask("tasks_for_tests:nothing", {})


def test_a_process_that_dies_is_asked_once_more(engine: LocalEngine, tmp_path: Path) -> None:
    payload = {"mark": str(tmp_path / "mark")}
    assert engine.ask("tasks_for_tests:die_once", payload) == {"alive": True}


def test_a_question_that_always_kills_is_an_error_and_the_next_is_answered(
    engine: LocalEngine,
) -> None:
    with pytest.raises(EngineError, match="exit code 7"):
        engine.ask("tasks_for_tests:die", {})
    assert engine.ask("tasks_for_tests:echo", {"say": 1})["said"] == 1


def test_no_answer_in_time_is_an_error(engine: LocalEngine) -> None:
    engine.ask("tasks_for_tests:echo", {"say": 0})
    with pytest.raises(EngineError, match=r"within 0\.2 seconds"):
        engine.ask("tasks_for_tests:echo", {"say": 1, "pause": 1}, timeout=0.2)
    assert engine.ask("tasks_for_tests:echo", {"say": 2})["said"] == 2


def test_questions_that_never_end_do_not_block_the_process_for_good(engine: LocalEngine) -> None:
    engine.ask("tasks_for_tests:echo", {"say": 0})
    for _ in range(4):
        with pytest.raises(EngineError):
            engine.ask("tasks_for_tests:ignore_stop", {}, timeout=0.1)
    assert engine.ask("tasks_for_tests:echo", {"say": 1})["said"] == 1


def test_what_has_ended_is_not_taken_for_stuck(engine: LocalEngine) -> None:
    """Nobody reads on after an error; the end that follows it may be there by then."""
    engine.ask("tasks_for_tests:echo", {"say": 0})
    pid = engine.pids[1]
    for _ in range(4):
        stream = engine.stream("tasks_for_tests:echo", {"say": 1})
        next(stream)
        engine.ask("tasks_for_tests:echo", {"say": 2, "pause": 0.05})  # by then it has ended
        stream.close()  # type: ignore[attr-defined]
    for _ in range(8):
        with pytest.raises(RecipeRefused):
            engine.ask("tasks_for_tests:refuse", {})
    assert engine.ask("tasks_for_tests:echo", {"say": 3})["said"] == 3
    assert engine.pids[1] == pid


def test_a_stream_comes_event_by_event_and_can_be_left(
    engine: LocalEngine, tmp_path: Path, until: Until
) -> None:
    mark = tmp_path / "mark"
    stream = engine.stream("tasks_for_tests:progress", {"mark": str(mark)})
    assert [next(stream).data["done"] for _ in range(3)] == [1, 2, 3]
    assert engine.status().requests == "busy"
    assert not mark.exists()
    stream.close()  # type: ignore[attr-defined]
    until(mark.exists)
    assert engine.status().requests == "ready"


def test_a_killed_process_ends_a_stream_with_an_error(engine: LocalEngine, tmp_path: Path) -> None:
    stream = engine.stream("tasks_for_tests:progress", {"mark": str(tmp_path / "mark")})
    next(stream)
    pid = engine.pids[1]
    assert pid is not None  # None would mean this very process
    psutil.Process(pid).kill()
    with pytest.raises(EngineError):
        list(stream)


def test_workers_go_behind_the_rest_of_the_computer(engine: LocalEngine, until: Until) -> None:
    until(lambda: engine.status().runs == engine.status().requests == "ready")
    own = psutil.Process().nice()
    runs, answers = (psutil.Process(pid).nice() for pid in engine.pids)
    if sys.platform == "win32":
        assert runs != own and answers != own
    else:
        assert runs > answers > own  # answers go before runs
    for pid, niceness in zip(engine.pids, (runs, answers), strict=True):
        group = Path(f"/proc/{pid}/autogroup")
        if group.exists():  # Linux weighs sessions by this, and a worker is one
            assert group.read_text(encoding="ascii").split()[-1] == str(niceness)


def test_a_request_right_after_the_last_death_starts_one_process_only(
    home: Path, until: Until
) -> None:
    """The burial of the third process waits a moment, and used to start another one then."""
    home.mkdir()
    before = set(psutil.Process().children())
    worker = RequestWorker(home, ("thrice_deadly_preload",), LogFile(home / "requests.log"))
    worker.start()
    try:
        until(lambda: worker.state == "dead", 30)
        pid = worker.ask("tasks_for_tests:echo", {"say": 1}, timeout=30)["pid"]
        time.sleep(AFTER_DEATH_SECONDS * DEATHS + 0.5)  # the burial has waited to its end
        assert {child.pid for child in set(psutil.Process().children()) - before} == {pid}
        assert worker.ask("tasks_for_tests:echo", {"say": 1}, timeout=30)["pid"] == pid
    finally:
        worker.close()
    assert not psutil.pid_exists(pid)
