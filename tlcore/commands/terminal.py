"""Progress on a terminal: one line that is written again and again, on standard error."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Generator, Iterable
from typing import Any, TextIO, TypeVar

from tlcore.jobs.events import Event

T = TypeVar("T")

BAR = 24
SECONDS_BETWEEN = 0.1


class Progress:
    """A bar on a terminal; on anything else, nothing but the notes."""

    def __init__(self, stream: TextIO | None = None):
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self._shown = 0.0
        self._width = 0

    def bar(self, words: str, done: int, total: int) -> None:
        """Show how far something is: `words`, a bar, and how many of how many."""
        now = time.monotonic()
        if not self.live or (now - self._shown < SECONDS_BETWEEN and done < total):
            return
        self._shown = now
        full = BAR * done // max(1, total)
        self._write(f"{words} {'█' * full}{'░' * (BAR - full)} {done} of {total}")

    def note(self, words: str) -> None:
        """Say something that stays."""
        self.clear()
        print(words, file=self.stream, flush=True)

    def clear(self) -> None:
        """Wipe the bar away."""
        if self.live and self._width:
            self._write("")

    def _write(self, line: str) -> None:
        room = shutil.get_terminal_size().columns - 1
        line = line[:room]
        self.stream.write("\r" + line.ljust(self._width)[:room] + ("" if line else "\r"))
        self.stream.flush()
        self._width = len(line)


def print_json(content: dict[str, Any]) -> None:
    """One object as the last line of standard output."""
    print(json.dumps(content, ensure_ascii=True, allow_nan=False), flush=True)


def plain(text: str) -> str:
    """A user's text on one line of a terminal: no control characters that could move its cursor."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def value_of(events: Generator[Event, None, T], progress: Progress) -> T:
    """Run a generator to its end, showing its `progress` events; what it returns."""
    while True:
        try:
            event = next(events)
        except StopIteration as end:
            value: T = end.value
            return value
        _show(event, progress)


def result_of(events: Iterable[Event], progress: Progress) -> dict[str, Any]:
    """Take all events, showing those of `progress`; the data of the last `result`, or nothing."""
    result: dict[str, Any] = {}
    for event in events:
        _show(event, progress)
        if event.kind == "result":
            result = event.data
    progress.clear()
    return result


def _show(event: Event, progress: Progress) -> None:
    if event.kind == "progress":
        progress.bar(event.data["doing"], event.data["done"], event.data["total"])
