"""The run that is under way: its events, how it ended, and writing both to the workspace.

It knows nothing of processes or threads; the supervisor's thread is the only one that touches it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from tlcore.jobs.endings import Endings
from tlcore.jobs.events import Event
from tlcore.jobs.process import death_in_words
from tlcore.workspace.records import Run, RunState
from tlcore.workspace.runs import Runs

BATCH_SECONDS = 0.1  # events reach the workspace this late at most, plus the write itself
CLOSED = "Graft was closed while this run was going."
FORCED = "This run was ended by force."


@dataclass
class ActiveRun:
    """One run between its start and its end. `outcome` QUEUED means: put it back in the queue.

    `flush_at` and `kill_at` are moments of `time.monotonic`.
    """

    run: Run
    endings: Endings = field(default_factory=Endings)
    began: bool = False
    keeps: bool = False  # something of it is kept
    flush_at: float | None = None
    kill_at: float | None = None
    killed: bool = False
    pausing: bool = False
    outcome: RunState | None = None
    _buffer: list[Event] = field(default_factory=list)
    _error: dict[str, Any] | None = None
    _summary: dict[str, Any] = field(default_factory=dict)
    _reason: tuple[str | None, str | None] = (None, None)

    def hear(self, event: Event) -> None:
        """Take in one event from the process."""
        if event.kind == "started":
            self.began = True
        elif event.kind == "end":
            self._end()
        else:
            self.keeps = self.keeps or self.endings.keeps(event)
            if event.kind == "error":
                self._error = event.data
            elif event.kind == "finished":
                self._summary = event.data
            self._buffer.append(event)
            if self.flush_at is None:
                self.flush_at = time.monotonic() + BATCH_SECONDS

    def bury(self, code: int, *, put_back: bool) -> None:
        """Its process has died with this exit code; the events before still count."""
        if self.outcome is not None:
            return
        if put_back and not self.began and not self.killed:
            self.outcome = RunState.QUEUED
        else:
            self.outcome = RunState.LOST
            lighter = f"{self._kept} {self.endings.lighter}"
            self._reason = (FORCED, self._kept) if self.killed else (death_in_words(code), lighter)

    def abandon(self) -> None:
        """The server closes."""
        if self.outcome is None:
            self.outcome, self._reason = RunState.LOST, (CLOSED, self._kept)

    @property
    def _kept(self) -> str:
        return self.endings.kept if self.keeps else self.endings.nothing_kept

    def flush(self, runs: Runs) -> None:
        """Write the events since the last time."""
        runs.append(self.run.id, self._buffer)
        self._buffer, self.flush_at = [], None

    def settle(self, runs: Runs) -> None:
        """Write its end. Can be repeated when it fails half-way."""
        self.flush(runs)
        stopping = runs.get(self.run.id).stop_requested
        error, remedy = self._reason
        if self.outcome is RunState.QUEUED and not stopping and not self.pausing:
            runs.requeue(self.run.id)
        elif stopping and self.outcome is not RunState.FAILED:
            runs.finish(self.run.id, RunState.STOPPED, summary=self._summary)
        elif self.pausing and self.outcome not in (RunState.FAILED, RunState.FINISHED):
            runs.pause(self.run.id, summary=self._summary)
        elif self.outcome is not None:
            runs.finish(
                self.run.id, self.outcome, error=error, remedy=remedy, summary=self._summary
            )

    def _end(self) -> None:
        if self._error is not None:
            self.outcome = RunState.FAILED
            self._reason = (str(self._error.get("message")), str(self._error.get("remedy")))
        else:
            stopped = bool(self._summary.get("stopped"))
            self.outcome = RunState.STOPPED if stopped else RunState.FINISHED
