"""Small real tasks that the workers of the tests are asked to run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tlcore.errors import PictureRefused, RecipeRefused
from tlcore.jobs.events import Event

Stop = Callable[[], bool]


def count(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Counts to "to", "pause" seconds between; stops politely."""
    for number in range(1, payload["to"] + 1):
        if stop():
            yield Event("finished", {"reached": number - 1, "stopped": True})
            return
        yield Event("step", {"number": number})
        time.sleep(payload.get("pause", 0.0))
    yield Event("finished", {"reached": payload["to"]})


def go_on(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Counts like `count`, but remembers in the run's folder how far it has come."""
    mark = Path(payload["home"]) / "runs" / payload["run"] / "mark"
    mark.parent.mkdir(parents=True, exist_ok=True)
    done = int(mark.read_text()) if payload.get("resumed") and mark.exists() else 0
    for number in range(done + 1, payload["to"] + 1):
        if stop():
            yield Event("finished", {"reached": number - 1, "stopped": True})
            return
        yield Event("step", {"number": number})
        beside = mark.with_name("mark.part")  # it may be killed at any moment, also in writing
        beside.write_text(str(number))
        beside.replace(mark)
        time.sleep(payload["pause"])
    yield Event("finished", {"reached": payload["to"]})


def say_payload(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    yield Event("finished", {"payload": payload})


def print_much(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Prints where the protocol is written, from Python, from C and from a child process."""
    print("printed by a library")
    sys.__stdout__.write("printed past the replacement\n")
    sys.__stdout__.flush()
    os.write(1, b"written by C\n")
    os.system("echo said by a child")
    yield Event("result", {"read": sys.stdin.read()})


def refuse(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    yield Event("step", {"number": 1})
    raise RecipeRefused("The rate is 9.", "Choose one below 1.")


def refuse_picture(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    raise PictureRefused("It is empty.", "Choose another.", "empty")
    yield Event("never")


def stumble(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    yield Event("step", {"number": 1})
    raise KeyError("a mistake of ours")


def exhaust(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    raise MemoryError
    yield Event("never")


def say_the_unsayable(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    yield Event("step", {"number": object()})


def ignore_stop(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    yield Event("step", {"number": 1})
    time.sleep(60)


def die(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    yield Event("step", {"number": 1})
    time.sleep(0.05)
    os._exit(7)


def die_once(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Dies at the first call, answers at the second."""
    mark = Path(payload["mark"])
    if not mark.exists():
        mark.touch()
        os._exit(7)
    yield Event("result", {"alive": True})


def echo(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    time.sleep(payload.get("pause", 0.0))
    yield Event("result", {"said": payload["say"], "pid": os.getpid()})


def progress(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Goes on until it is stopped, and leaves a mark then."""
    done = 0
    try:
        while not stop():
            done += 1
            yield Event("progress", {"doing": "counting", "done": done, "total": 0})
            time.sleep(0.01)
    finally:
        Path(payload["mark"]).touch()


def nothing(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    yield Event("note", {"words": "no result"})
