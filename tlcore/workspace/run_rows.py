"""The rows of runs: found, made, and handed out as records."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from tlcore.errors import NotFound
from tlcore.workspace.projects import touch
from tlcore.workspace.records import Run, RunState
from tlcore.workspace.schema import ProjectRow, RunRow, now


def insert_run(session: Session, project_id: str, state: RunState, **values: Any) -> Run:
    """Write a run that gets the next number of its project. Raises NotFound."""
    touch(session, project_id)
    of_project = RunRow.project_id == project_id
    last = session.scalar(select(func.max(RunRow.number)).where(of_project)) or 0
    row = RunRow(
        project_id=project_id,
        number=last + 1,
        state=state.value,
        created=now(),
        stop_requested=False,
        **values,
    )
    session.add(row)
    session.flush()
    return run_record(row)


def waiting() -> tuple[ColumnElement[bool], ...]:
    """The conditions on a run that waits in the queue."""
    live = select(ProjectRow.id).where(ProjectRow.deleted.is_(None))
    return (
        RunRow.state == RunState.QUEUED.value,
        RunRow.deleted.is_(None),
        RunRow.project_id.in_(live),
    )


def find_run(session: Session, run_id: str) -> RunRow:
    """The row of one run, deleted or not. Raises NotFound."""
    row = session.scalar(select(RunRow).where(RunRow.id == run_id))
    if row is None:
        raise NotFound(f"There is no run {run_id!a} here.", "Open the project and choose a run.")
    return row


def run_record(row: RunRow) -> Run:
    """What the workspace hands out for a row."""
    return Run(
        id=row.id,
        project_id=row.project_id,
        number=row.number,
        function=row.function,
        recipe=dict(row.recipe),
        payload=dict(row.payload),
        state=RunState(row.state),
        created=row.created,
        started=row.started,
        finished=row.finished,
        stop_requested=row.stop_requested,
        error=row.error,
        remedy=row.remedy,
        summary=dict(row.summary),
        deleted=row.deleted,
    )
