"""Ending early: whoever asked is told by an exception, and what was kept until then stays."""

from __future__ import annotations

from collections.abc import Callable

Stop = Callable[[], bool]


class Stopped(Exception):
    """Somebody asked to stop."""


def never() -> bool:
    """Goes on to the end."""
    return False


def check(stop: Stop) -> None:
    """Raises Stopped when `stop()` is true."""
    if stop():
        raise Stopped
