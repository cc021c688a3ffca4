"""How work is stopped politely: it asks often, and leaves by an exception of its own."""

from __future__ import annotations

from collections.abc import Callable

Stop = Callable[[], bool]


class Stopped(Exception):
    """Somebody asked the work to stop. It never leaves the room; what was kept until then stays."""


def never() -> bool:
    """For work that nobody stops."""
    return False


def check(stop: Stop) -> None:
    """Raise Stopped if somebody asked."""
    if stop():
        raise Stopped
