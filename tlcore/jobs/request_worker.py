"""The request worker, seen from the server: requests go in, what their tasks yield comes back.

Many threads may ask at once. When the process dies a new one is started, and whoever was waiting
hears of it.
"""

from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tlcore.errors import EngineError
from tlcore.jobs.endings import Endings
from tlcore.jobs.events import Event
from tlcore.jobs.logfile import LogFile
from tlcore.jobs.process import Message, WorkerGone, WorkerProcess, death_in_words
from tlcore.jobs.tasks import error_from

START_SECONDS = 180.0  # importing torch from a cold, slow disk
DEATHS = 3  # so many deaths in a row before "ready", then no further attempt until a request
THREADS = 4  # as many as the worker has
AFTER_DEATH_SECONDS = 0.5

log = logging.getLogger(__name__)


class ProcessDied(EngineError):
    """The process died while it was working on a request."""


@dataclass
class Generation:
    """One life of the process: who waits for what from it. None in an inbox means: it died."""

    process: WorkerProcess | None = None
    ready: bool = False
    code: int | None = None
    inboxes: dict[str, queue.SimpleQueue[Message | None]] = field(default_factory=dict)
    abandoned: set[str] = field(default_factory=set)


class RequestWorker:
    """One worker process for requests, started again when it dies."""

    def __init__(
        self,
        home: Path,
        preload: Sequence[str],
        log_file: LogFile,
        endings: Endings | None = None,
    ) -> None:
        self._home, self._preload, self._log_file = home, preload, log_file
        self._endings = endings or Endings()
        self._changed = threading.Condition()  # guards everything below
        self._now: Generation | None = None
        self._deaths = 0
        self._closing = False
        self._numbers = itertools.count(1)

    def start(self) -> None:
        """Start the process and return at once."""
        with self._changed:
            self._spawn()

    def close(self) -> None:
        """End the process; whoever waits gets an error."""
        with self._changed:
            self._closing = True
            process = self._now.process if self._now else None
            self._changed.notify_all()
        if process is not None:
            process.close()

    @property
    def state(self) -> str:
        """ "starting", "ready", "busy" or "dead"."""
        with self._changed:
            if self._closing or self._deaths >= DEATHS:
                return "dead"
            if self._now is None or not self._now.ready:
                return "starting"
            return "busy" if self._now.inboxes else "ready"

    @property
    def pid(self) -> int | None:
        """The id of the process, for tests and for the doctor."""
        with self._changed:
            return self._now.process.pid if self._now and self._now.process else None

    def ask(self, function: str, payload: dict[str, Any], *, timeout: float) -> dict[str, Any]:
        """The data of the "result" that a task yields; tried once more if the process dies.

        Args:
            function: the task, as "module:function".
            payload: what it is given, as plain JSON.
            timeout: how long the task may take in all, in seconds, once the process is ready.

        Raises:
            GraftError: what the task raised, or that there is no answer.
        """
        try:
            return self._ask(function, payload, timeout)
        except ProcessDied:
            return self._ask(function, payload, timeout)

    def _ask(self, function: str, payload: dict[str, Any], timeout: float) -> dict[str, Any]:
        results = [
            event.data
            for event in self.stream(function, payload, timeout=timeout)
            if event.kind == "result"
        ]
        if not results:
            raise EngineError(f"The task {function} gave no answer.", "Try once more.")
        return results[-1]

    def stream(
        self, function: str, payload: dict[str, Any], *, timeout: float | None = None
    ) -> Iterator[Event]:
        """The events of a task as they come. Closing the iterator stops the task.

        Raises:
            GraftError: what the task raised, or that there is no answer.
        """
        task = f"a{next(self._numbers)}"
        generation, inbox = self._enter(task)
        ended = False
        try:
            self._send(generation, {"id": task, "function": function, "payload": payload})
            for message in self._messages(generation, inbox, timeout):
                ended = message["kind"] == "end"
                if message["kind"] == "error":
                    raise error_from(message["data"])
                if message["kind"] not in ("started", "end"):
                    yield Event(message["kind"], message["data"], message["at"])
        finally:
            self._leave(generation, task, ended)

    def _messages(
        self,
        generation: Generation,
        inbox: queue.SimpleQueue[Message | None],
        timeout: float | None,
    ) -> Iterator[Message]:
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                message = inbox.get(timeout=left)
            except queue.Empty:
                raise EngineError(
                    f"There was no answer within {timeout:g} seconds.",
                    "The computer may be busy: wait a moment, then try again.",
                ) from None
            if message is None:
                code = 0 if generation.code is None else generation.code
                raise ProcessDied(death_in_words(code), self._endings.again)
            yield message
            if message["kind"] == "end":
                return

    def _enter(self, task: str) -> tuple[Generation, queue.SimpleQueue[Message | None]]:
        """Wait for the process to be ready, and put an inbox there for this task's messages."""

        def decided() -> bool:
            now = self._now
            return self._closing or self._deaths >= DEATHS or (now is not None and now.ready)

        with self._changed:
            if self._deaths >= DEATHS and not self._closing:
                self._deaths = DEATHS - 1  # a new request: one more attempt
                self._spawn()
            self._changed.wait_for(decided, timeout=START_SECONDS)
            if self._closing or self._now is None or not self._now.ready:
                raise EngineError(
                    "The background process for answers is not running.",
                    "Wait a moment and try again. If it stays so, restart Graft or run "
                    f"`python -m tlcore doctor`. The details are in {self._log_file.path}.",
                )
            inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
            self._now.inboxes[task] = inbox
            return self._now, inbox

    def _leave(self, generation: Generation, task: str, ended: bool) -> None:
        """Take the inbox away; a task that has not ended is stopped, or its process ended."""
        with self._changed:
            inbox = generation.inboxes.pop(task, None)
            ended = ended or _holds_the_end(inbox)
            if ended or generation.code is not None or generation.process is None:
                return
            generation.abandoned.add(task)
            stuck = len(generation.abandoned) >= THREADS
            process = generation.process
        if stuck:  # no thread is left to answer anybody
            process.kill()
            return
        try:
            process.send({"id": task, "stop": True})
        except WorkerGone:
            log.info("the request worker is gone")

    def _send(self, generation: Generation, message: Message) -> None:
        try:
            if generation.process is not None:
                generation.process.send(message)
        except WorkerGone:
            log.info("the request worker is gone; its exit will be reported")

    def _spawn(self) -> None:
        """Start a new life of the process. Call it with the lock held."""
        generation = self._now = Generation()
        try:
            generation.process = WorkerProcess(
                "requests",
                self._preload,
                self._home,
                self._log_file,
                lambda message: self._hear(generation, message),
                lambda code: self._bury(generation, code),
            )
        except OSError:
            log.exception("the request worker cannot be started")
            self._deaths = DEATHS
        self._changed.notify_all()

    def _hear(self, generation: Generation, message: Message) -> None:
        with self._changed:
            if message["kind"] == "ready":
                generation.ready, self._deaths = True, 0
                for module, words in message["data"]["problems"].items():
                    log.warning("%s could not be imported: %s", module, words)
                self._changed.notify_all()
            elif inbox := generation.inboxes.get(message["id"]):
                inbox.put(message)
            elif message["kind"] == "end":
                generation.abandoned.discard(message["id"])

    def _bury(self, generation: Generation, code: int) -> None:
        """The process has ended: tell who waits, and start another, more slowly each time.

        While it waits here a request may have started the next process; then there is one.
        """

        def settled() -> bool:
            return self._closing or self._now is not generation

        with self._changed:
            generation.code = code
            self._deaths = 0 if generation.ready else self._deaths + 1
            generation.ready = False
            for inbox in generation.inboxes.values():
                inbox.put(None)
            generation.inboxes.clear()
            self._changed.wait_for(settled, timeout=AFTER_DEATH_SECONDS * self._deaths)
            if not settled() and self._deaths < DEATHS:
                self._spawn()
            self._changed.notify_all()


def _holds_the_end(inbox: queue.SimpleQueue[Message | None] | None) -> bool:
    """Whether a task has ended that nobody has read to the end, after its error for instance."""
    while inbox is not None and not inbox.empty():
        message = inbox.get_nowait()
        if message is None or message["kind"] == "end":
            return True
    return False
