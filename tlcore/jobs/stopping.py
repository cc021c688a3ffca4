"""How work is stopped politely: it checks often, and leaves by an exception of its own."""

from __future__ import annotations

from collections.abc import Callable

Stop = Callable[[], bool]


class Stopped(Exception):
    """The work is to stop. Raised and caught within a room; what was kept until then stays."""


def never() -> bool:
    """For work that nobody stops."""
    return False


def check(stop: Stop) -> None:
    """Raise Stopped if the work is to stop."""
    if stop():
        raise Stopped
