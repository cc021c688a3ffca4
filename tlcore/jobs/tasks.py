"""A task by name, run to its end: what it yields, and how each failure becomes an event.

Runs in the worker. A task is `def task(payload, stop) -> Iterator[Event]`, named "module:function".
"""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from tlcore import errors
from tlcore.errors import EngineError, GraftError
from tlcore.jobs.events import Event, plain
from tlcore.jobs.memory import ran_out_of_memory

Stop = Callable[[], bool]
Task = Callable[[dict[str, Any], Stop], Iterator[Event]]


def find_task(name: str) -> Task:
    """The function that "module:function" names.

    Raises:
        EngineError: there is no such function here.
    """
    module, _, function = name.partition(":")
    try:
        task: Task = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, TypeError, ValueError, OSError) as problem:
        raise EngineError(
            f"The task {name} cannot be loaded ({problem}).",
            "Run `python -m tlcore doctor`: it says what is missing.",
        ) from problem
    return task


def run_task(name: str, payload: dict[str, Any], stop: Stop, log: str) -> Iterator[Event]:
    """Every event of a task; a failure ends it with an event "error", never with an exception.

    Args:
        name: the task, as "module:function".
        payload: what it is given.
        stop: says when it should end early.
        log: the log file to name to the user when something unforeseen goes wrong.
    """
    try:
        yield from find_task(name)(payload, stop)
    except GraftError as problem:
        yield error_event(problem)
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - tasks fail in any way they like
        traceback.print_exc()
        yield error_event(in_plain_words(problem, log))


def in_plain_words(problem: BaseException, log: str) -> GraftError:
    """What to tell a person about an error that nobody foresaw."""
    if ran_out_of_memory(problem):
        return EngineError(
            "The computer ran out of memory.",
            "Close other programs, or take less at a time.",
        )
    return EngineError(
        f"Something went wrong that Graft did not foresee ({type(problem).__name__}).",
        f"Try once more. If it happens again, the details are at the end of {log}.",
    )


def error_event(problem: GraftError) -> Event:
    """The event that carries an error to the other process."""
    known = {"message", "remedy"}
    details = {key: value for key, value in vars(problem).items() if key not in known}
    return Event(
        "error",
        {
            "message": problem.message,
            "remedy": problem.remedy,
            "type": type(problem).__name__,
            "details": plain(details),
        },
    )


def error_from(data: dict[str, Any]) -> GraftError:
    """The error that `error_event` packed; of its own class where that is one of ours."""
    named = getattr(errors, str(data.get("type")), None)
    kind = named if isinstance(named, type) and issubclass(named, GraftError) else EngineError
    problem = kind.__new__(kind)
    GraftError.__init__(problem, str(data.get("message")), str(data.get("remedy")))
    for key, value in dict(data.get("details") or {}).items():
        setattr(problem, key, value)
    return problem
