"""How a training is stopped politely: it asks often, and leaves by an exception of its own."""

from __future__ import annotations

from collections.abc import Callable

Stop = Callable[[], bool]


class Stopped(Exception):
    """Somebody asked the training to stop. It never leaves the room."""


def never() -> bool:
    """For a training that nobody stops."""
    return False


def check(stop: Stop) -> None:
    """Raises Stopped if somebody asked."""
    if stop():
        raise Stopped
