"""The events of runs as rows: written after those that are there, read in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from tlcore.workspace.records import EventLike, StoredEvent
from tlcore.workspace.schema import EventRow


def insert_events(session: Session, run_id: str, events: Sequence[EventLike]) -> None:
    """Store events after those of the run that are there, in order."""
    last = session.scalar(select(func.max(EventRow.sequence)).where(EventRow.run_id == run_id))
    rows = [
        {
            "run_id": run_id,
            "sequence": sequence,
            "kind": event.kind,
            "data": event.data,
            "at": event.at,
        }
        for sequence, event in enumerate(events, start=(last or 0) + 1)
    ]
    session.execute(insert(EventRow), rows)


def read_events(session: Session, run_id: str, after: int, limit: int | None) -> list[StoredEvent]:
    """The events of a run whose sequence is above `after`, in order."""
    columns = (EventRow.sequence, EventRow.kind, EventRow.data, EventRow.at)
    query = (
        select(*columns)
        .where(EventRow.run_id == run_id, EventRow.sequence > after)
        .order_by(EventRow.sequence)
        .limit(limit)
    )
    return [StoredEvent(*row) for row in session.execute(query)]


def last_event(session: Session, run_id: str) -> datetime | None:
    """When the last event of a run came; None where there is none."""
    moment = session.scalar(select(func.max(EventRow.at)).where(EventRow.run_id == run_id))
    return None if moment is None else datetime.fromtimestamp(moment, UTC)
