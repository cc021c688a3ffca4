"""Tests of tlcore/jobs/tasks.py: errors on their way from one process to the other."""

from __future__ import annotations

import pytest

from tlcore.errors import EngineError, GraftError, PictureRefused, RecipeRefused
from tlcore.jobs.tasks import error_event, error_from, find_task, in_plain_words, run_task


@pytest.mark.parametrize(
    "error",
    [
        RecipeRefused("The rate is 9.", "Choose one below 1."),
        PictureRefused("It is empty.", "Choose another.", "empty"),
        GraftError("What.", "Do."),
    ],
)
def test_an_error_arrives_as_it_left(error: GraftError) -> None:
    arrived = error_from(error_event(error).data)
    assert type(arrived) is type(error)
    assert vars(arrived) == vars(error)
    assert str(arrived) == str(error)


def test_an_error_of_an_unknown_class_arrives_as_an_engine_error() -> None:
    arrived = error_from({"message": "What.", "remedy": "Do.", "type": "os"})
    assert type(arrived) is EngineError
    assert (arrived.message, arrived.remedy) == ("What.", "Do.")


@pytest.mark.parametrize("name", ["", "json", "json:nothing", ":loads", "no_such_room:task", ".:a"])
def test_a_task_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(EngineError, match="cannot be loaded"):
        find_task(name)
    (event,) = run_task(name, {}, lambda: False, "a.log")
    assert event.kind == "error"


@pytest.mark.parametrize(
    "problem",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_a_lack_of_memory_is_said_in_plain_words(problem: Exception) -> None:
    words = in_plain_words(problem, "a.log")
    assert words.message == "The computer ran out of memory."
    assert "other programs" in words.remedy


def test_a_mistake_of_ours_names_the_log() -> None:
    words = in_plain_words(KeyError("x"), "logs/runs.log")
    assert "KeyError" in words.message
    assert "logs/runs.log" in words.remedy
