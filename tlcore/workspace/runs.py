"""Runs, their queue and their events. It knows nothing of processes: an engine drives it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, select

from tlcore.errors import GraftError
from tlcore.workspace.database import Database
from tlcore.workspace.paths import Layout
from tlcore.workspace.projects import touch
from tlcore.workspace.records import EventLike, Run, RunState, StoredEvent
from tlcore.workspace.run_events import insert_events, last_event, read_events
from tlcore.workspace.run_rows import find_run, insert_run, run_record, waiting
from tlcore.workspace.schema import RunRow, now

RunList = list[Run]
EventList = list[StoredEvent]
NOT_WAITING = -1
IDLE = (RunState.QUEUED.value, RunState.PAUSED.value)


class Runs:
    """The runs of every project, in the order in which they were created."""

    def __init__(self, database: Database, layout: Layout) -> None:
        self._database = database
        self._layout = layout

    def create(
        self, project_id: str, function: str, recipe: dict[str, Any], payload: dict[str, Any]
    ) -> Run:
        """A new run at the end of the queue.

        Args:
            project_id: whose run it is.
            function: the task, as "module:function".
            recipe: every setting, as plain JSON.
            payload: what else the task is given, as plain JSON.

        Raises:
            NotFound: there is no such project.
        """
        with self._database.write() as session:
            return insert_run(
                session,
                project_id,
                RunState.QUEUED,
                id=secrets.token_hex(6),
                function=function,
                recipe=recipe,
                payload=payload,
                summary={},
            )

    def adopt(
        self,
        project_id: str,
        run_id: str,
        function: str,
        recipe: dict[str, Any],
        summary: dict[str, Any],
    ) -> Run:
        """A run that was over before it came here, such as an imported classifier's.

        `run_id` is new, 12 hex digits; its folder is there already. Raises NotFound.
        """
        self._layout.run(run_id)
        with self._database.write() as session:
            return insert_run(
                session,
                project_id,
                RunState.FINISHED,
                id=run_id,
                function=function,
                recipe=recipe,
                payload={},
                started=now(),
                finished=now(),
                summary=summary,
            )

    def get(self, run_id: str) -> Run:
        """One run, deleted or not. Raises NotFound."""
        with self._database.read() as session:
            return run_record(find_run(session, run_id))

    def list(self, project_id: str, *, deleted: bool = False) -> RunList:
        """The runs of a project (or the deleted ones), the newest first."""
        wanted = RunRow.deleted.is_not(None) if deleted else RunRow.deleted.is_(None)
        return self._read(
            select(RunRow)
            .where(RunRow.project_id == project_id, wanted)
            .order_by(RunRow.serial.desc())
        )

    def queue(self) -> RunList:
        """The runs that wait, over all projects, the next one first."""
        return self._read(select(RunRow).where(*waiting()).order_by(RunRow.serial))

    def running(self) -> RunList:
        """The runs that are under way."""
        running = RunRow.state == RunState.RUNNING.value
        return self._read(select(RunRow).where(running).order_by(RunRow.serial))

    def place(self, run_id: str) -> int:
        """0: running, 1: next, 2: after that one…, -1: not waiting. Raises NotFound."""
        with self._database.read() as session:
            row = find_run(session, run_id)
            if row.state == RunState.RUNNING.value:
                return 0
            if row.state != RunState.QUEUED.value:
                return NOT_WAITING
            before = select(func.count(RunRow.serial)).where(*waiting(), RunRow.serial < row.serial)
            return 1 + (session.scalar(before) or 0)

    def start(self, run_id: str) -> bool:
        """From waiting to running. False when it does not wait any more (stopped, deleted)."""
        with self._database.write() as session:
            row = find_run(session, run_id)
            if row.state != RunState.QUEUED.value or row.deleted is not None:
                return False
            row.state, row.started = RunState.RUNNING.value, now()
            return True

    def requeue(self, run_id: str) -> None:
        """From running back to waiting, for a run whose process died before it began."""
        with self._database.write() as session:
            row = find_run(session, run_id)
            if row.state == RunState.RUNNING.value:
                row.state, row.started = RunState.QUEUED.value, None

    def finish(
        self,
        run_id: str,
        state: RunState,
        *,
        error: str | None = None,
        remedy: str | None = None,
        summary: dict[str, Any] | None = None,
        at: datetime | None = None,
    ) -> Run:
        """Note how a run ended, now or earlier (`at`). A run that is over stays as it is.

        Raises NotFound.
        """
        if not state.over:
            raise ValueError(f"{state} is not an end")
        with self._database.write() as session:
            row = find_run(session, run_id)
            if not RunState(row.state).over:
                row.state, row.finished = state.value, at or now()
                row.error, row.remedy = error, remedy
                row.summary = dict(summary or {})
                touch(session, row.project_id)
            return run_record(row)

    def note_score(self, run_id: str, test_accuracy: float, tested: int) -> Run:
        """Note the share of so many test pictures that a run got right, scored after its end.

        Raises NotFound.
        """
        with self._database.write() as session:
            row = find_run(session, run_id)
            examples = {**row.summary.get("examples", {}), "test": tested}
            row.summary = {**row.summary, "test_accuracy": test_accuracy, "examples": examples}
            return run_record(row)

    def request_stop(self, run_id: str) -> Run:
        """Ask a run to stop: one that waits or is paused is stopped at once, else it is marked."""
        with self._database.write() as session:
            row = find_run(session, run_id)
            if not RunState(row.state).over:
                row.stop_requested = True
            if row.state in IDLE:
                row.state, row.finished = RunState.STOPPED.value, now()
            return run_record(row)

    def pause(self, run_id: str, *, summary: dict[str, Any] | None = None) -> Run:
        """Note that a run rests: one that waits, or one whose process has just let go of it.

        A run that is over stays as it is. Raises NotFound.
        """
        with self._database.write() as session:
            row = find_run(session, run_id)
            if not RunState(row.state).over:
                row.state, row.finished = RunState.PAUSED.value, now()
                row.summary = dict(summary or row.summary)
                touch(session, row.project_id)
            return run_record(row)

    def resume(self, run_id: str) -> Run:
        """Put a run that rests or broke off back in the queue: the same run goes on.

        The task finds "resumed" in its payload. A run that waits or goes stays as it is.
        Raises NotFound, and GraftError for a run that is finished or deleted.
        """
        with self._database.write() as session:
            row = find_run(session, run_id)
            if row.deleted is not None:
                raise GraftError(f"Run {row.number} is deleted.", "Bring it back first.")
            if row.state == RunState.FINISHED.value:
                raise GraftError(
                    f"Run {row.number} is finished.", "Start another run from what it learned."
                )
            if RunState(row.state).resumable:
                row.state, row.finished = RunState.QUEUED.value, None
                row.stop_requested, row.error, row.remedy = False, None, None
                row.payload = {**row.payload, "resumed": True}
                touch(session, row.project_id)
            return run_record(row)

    def append(self, run_id: str, events: Sequence[EventLike]) -> None:
        """Store events after those that are there, in order. One writer per run."""
        if events:
            with self._database.write() as session:
                insert_events(session, run_id, events)

    def events(self, run_id: str, after: int = 0, limit: int | None = None) -> EventList:
        """The events of a run whose sequence is above `after`, in order."""
        with self._database.read() as session:
            return read_events(session, run_id, after, limit)

    def last_heard(self, run_id: str) -> datetime:
        """When the last event of a run came, or else when it began. Raises NotFound."""
        with self._database.read() as session:
            row = find_run(session, run_id)
            began, last = row.started or row.created, last_event(session, run_id)
            return began if last is None else max(began, last)

    def folder(self, run_id: str) -> Path:
        """The folder of a run, made if need be. Raises NotFound."""
        self.get(run_id)
        folder = self._layout.run(run_id)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def delete(self, run_id: str) -> Run:
        """Put a run aside; a waiting or paused one is stopped. Raises GraftError if it is going."""
        with self._database.write() as session:
            row = find_run(session, run_id)
            if row.state == RunState.RUNNING.value:
                raise GraftError(f"Run {row.number} is still going.", "Stop it first.")
            if row.state in IDLE:
                row.state, row.finished = RunState.STOPPED.value, now()
            row.deleted = row.deleted or now()
            return run_record(row)

    def restore(self, run_id: str) -> Run:
        """Bring a deleted run back. Raises NotFound."""
        with self._database.write() as session:
            row = find_run(session, run_id)
            row.deleted = None
            return run_record(row)

    def _read(self, query: Select[Any]) -> RunList:
        with self._database.read() as session:
            return [run_record(row) for row in session.scalars(query)]
