"""Background work: a task that outlives the page that started it, with one life cycle for all.

A piece of work has a key and is started once for it, whoever asks. A thread reads its events to the
end, all visitors see its progress, and its report is there only when it is stored: what is said to
be done is committed. It knows nothing of pages, nor of what tasks do.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tlcore.errors import EngineError, GraftError
from tlcore.jobs.events import Event
from tlcore.workspace.files import read_json, write_json

MOST_KEPT = 48  # pieces of work that are over and still known; the oldest are forgotten

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What runs a task by name, such as `LocalEngine`."""

    def stream(self, function: str, payload: dict[str, Any]) -> Iterator[Event]: ...


@dataclass(frozen=True)
class Progress:
    """How far a task is: `done` of `total` (0 where that is not known), and what it is doing."""

    doing: str = ""
    done: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return min(1.0, self.done / max(1, self.total))


class Work:
    """One piece of work. Its own thread writes to it, everybody else reads."""

    def __init__(self, payload: dict[str, Any], store: Path | None = None) -> None:
        self.payload = payload
        self.progress: Progress | None = None  # None until its task says how far it is
        self.report: dict[str, Any] | None = None
        self.error: GraftError | None = None
        self._store = store
        self._over = threading.Event()
        self._stopping = threading.Event()

    @property
    def over(self) -> bool:
        """Whether nothing more will come: there is a report, an error, or it was stopped."""
        return self._over.is_set()

    def wait(self, timeout: float) -> bool:
        """Whether it is over, within `timeout` seconds."""
        return self._over.wait(timeout)

    def stop(self) -> None:
        """Leave the task at its next event."""
        self._stopping.set()

    def run(self, engine: Engine, task: str) -> None:
        """Read the task to its end. For the thread of this piece of work alone."""
        try:
            self._read(engine, task)
        except GraftError as error:
            self.error = error
        except Exception:  # a thread has no caller: what is not kept here nobody hears of
            log.exception("background work broke off: %s", task)
            self.error = EngineError("The work broke off.", "Start it again.")
        finally:
            self._over.set()

    def _read(self, engine: Engine, task: str) -> None:
        report: dict[str, Any] | None = None
        with contextlib.closing(engine.stream(task, self.payload)) as events:  # type: ignore[type-var]
            for event in events:
                if event.kind == "progress":
                    data = event.data
                    self.progress = Progress(
                        str(data.get("doing", "")), data.get("done") or 0, data.get("total") or 0
                    )
                elif event.kind == "result":
                    report = event.data
                if self._stopping.is_set():
                    break
        if report is not None:
            self._keep(report)
        elif not self._stopping.is_set():
            raise EngineError("There was no answer.", "Try once more.")

    def _keep(self, report: dict[str, Any]) -> None:
        if self._store is not None:
            try:
                write_json(self._store, {"payload": self.payload, "result": report})
            except OSError as error:
                raise EngineError(
                    f"The report cannot be stored ({error.strerror or error}).",
                    "Make room on the disk, then start it again.",
                ) from error
        self.report = report


def stored_work(store: Path) -> Work | None:
    """Work that was over before the server was started, from where its report is stored."""
    content = read_json(store)
    payload, report = content.get("payload"), content.get("result")
    if not isinstance(payload, dict) or not isinstance(report, dict):
        return None
    work = Work(payload, store)
    work.report = report
    work._over.set()
    return work


class Background:
    """The background work of one server. Safe for many threads."""

    def __init__(self, engine: Engine, most_kept: int = MOST_KEPT) -> None:
        self._engine, self._most_kept = engine, most_kept
        self._lock = threading.Lock()
        self._works: dict[str, Work] = {}
        self._closed = False

    def start(
        self, key: str, task: str, payload: dict[str, Any], *, store: Path | None = None
    ) -> Work:
        """The work of this key, under way or over; begun where there is none. Returns at once.

        Args:
            task: its name, as "module:function"; the data of its "result" is the report.
            store: the file of the report; None where the task itself keeps what it finds.

        Raises:
            EngineError: the server is closing.
        """
        with self._lock:
            if (known := self._works.get(key)) is not None:
                return known
            if self._closed:
                raise EngineError("Graft is closing.", "Start it again, then try once more.")
            self._forget_oldest()
            work = self._works[key] = Work(payload, store)
        threading.Thread(
            target=work.run, args=(self._engine, task), name=f"background {key}", daemon=True
        ).start()
        return work

    def find(self, key: str) -> Work | None:
        """The work of this key, None if it was not started."""
        with self._lock:
            return self._works.get(key)

    def forget(self, key: str) -> None:
        """Let the work of this key be started anew; one that is under way is stopped."""
        with self._lock:
            work = self._works.pop(key, None)
        if work is not None:
            work.stop()

    @property
    def closed(self) -> bool:
        """Whether the server has closed it: nothing can be started any more."""
        return self._closed

    def close(self) -> None:
        """Stop what is under way, and start nothing more."""
        with self._lock:
            self._closed = True
            works = list(self._works.values())
        for work in works:
            work.stop()

    def _forget_oldest(self) -> None:
        """Make room for one more, by what was over first. Call it with the lock held."""
        over = [key for key, work in self._works.items() if work.over]
        for key in over[: max(0, len(self._works) + 1 - self._most_kept)]:
            del self._works[key]
