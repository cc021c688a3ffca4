"""The history of a project: every change of its examples can be undone and redone, also later.

One entry is what one click did, whatever the number of pictures. It keeps what stood in every
changed field before and after, so that undoing needs no knowledge of what the change was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, delete, func, select
from sqlalchemy.orm import Session

from tlcore.errors import GraftError
from tlcore.workspace.database import Database
from tlcore.workspace.examples.cells import ANSWER, Cells, Value, read_cells, write_cells
from tlcore.workspace.examples.changes import Change, cells_after
from tlcore.workspace.examples.stored_cells import Stored, count_examples, pack, unpack
from tlcore.workspace.examples.twins import flag_twins
from tlcore.workspace.examples.visible import default_question, in_batches
from tlcore.workspace.projects import touch
from tlcore.workspace.schema import ExampleRow, HistoryRow, LabelRow, now

KEPT = 300  # entries of one project; older ones can no longer be undone


@dataclass(frozen=True)
class Entry:
    """One thing that was done: `words` say what, `pictures` counts the examples it touched.

    `undone` entries can be redone until something else is done.
    """

    id: int
    project_id: str
    words: str
    pictures: int
    at: datetime
    undone: bool


EntryList = list[Entry]


class History:
    """What was done to the examples of every project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, project_id: str, words: str, changes: Sequence[Change]) -> Entry | None:
        """Carry out these changes as one entry, all or none.

        What had been undone cannot be redone afterwards. Examples of other projects, and fields
        that hold the wanted value already, are left alone; None where nothing had to change.

        Args:
            words: what is done, as a person reads it: “3 pictures moved to “ant””. Plain text.

        Raises:
            NotFound: no such project, or an answer that is no live label of its question.
        """
        with self._database.write() as session:
            touch(session, project_id)
            stored = _carry_out(session, project_id, changes)
            if not stored:
                return None
            session.execute(
                delete(HistoryRow).where(HistoryRow.project_id == project_id, HistoryRow.undone)
            )
            row = HistoryRow(
                project_id=project_id,
                words=words,
                pictures=count_examples(stored),
                cells=stored,
                at=now(),
                undone=False,
            )
            session.add(row)
            session.flush()
            _forget_old(session, project_id)
            return _entry(row)

    def add_to(self, entry: Entry | None, changes: Sequence[Change]) -> None:
        """Carry out what follows from an entry, as a part of it: both are undone together.

        Without an entry (nothing had changed), or when it is no longer the last, an entry of the
        same words is made.
        """
        if entry is None or not changes:
            return
        with self._database.write() as session:
            row = _last(session, entry.project_id)
            if row is not None and row.id == entry.id:
                stored = _carry_out(session, entry.project_id, changes)
                row.cells = [*row.cells, *stored]
                row.pictures = count_examples(row.cells)
                return
        self.apply(entry.project_id, entry.words, changes)

    def write(self, project_id: str, changes: Sequence[Change]) -> None:
        """Carry out changes that are no entry of their own, all or none.

        Such as the splits of pictures that have just come in, which was no entry either: undoing
        takes back what was done before them. Raises NotFound as `apply` does.
        """
        with self._database.write() as session:
            touch(session, project_id)
            _carry_out(session, project_id, changes)

    def undo(self, project_id: str) -> Entry | None:
        """Take back what was done last; None where there is nothing.

        A field that something else has changed since is left as it is.

        Raises:
            GraftError: it would bring pictures under a label that is deleted.
        """
        with self._database.write() as session:
            row = _last(session, project_id)
            if row is None:
                return None
            _turn(session, project_id, row.cells, back=True)
            row.undone = True
            return _entry(row)

    def redo(self, project_id: str) -> Entry | None:
        """Do again what was undone last; None where there is nothing. Raises as `undo` does."""
        with self._database.write() as session:
            row = _first_undone(session, project_id)
            if row is None:
                return None
            _turn(session, project_id, row.cells, back=False)
            row.undone = False
            return _entry(row)

    def list(self, project_id: str, *, limit: int = 20) -> EntryList:
        """The newest entries first; those that are undone come with `undone` set."""
        with self._database.read() as session:
            newest = _entries(project_id).order_by(HistoryRow.id.desc()).limit(limit)
            return [_entry(row) for row in session.execute(newest)]

    def next_undo(self, project_id: str) -> Entry | None:
        """What `undo` would take back."""
        done = _entries(project_id).where(HistoryRow.undone.is_(False))
        with self._database.read() as session:
            row = session.execute(done.order_by(HistoryRow.id.desc()).limit(1)).first()
            return None if row is None else _entry(row)

    def next_redo(self, project_id: str) -> Entry | None:
        """What `redo` would do again."""
        undone = _entries(project_id).where(HistoryRow.undone)
        with self._database.read() as session:
            row = session.execute(undone.order_by(HistoryRow.id).limit(1)).first()
            return None if row is None else _entry(row)


def _carry_out(session: Session, project_id: str, changes: Sequence[Change]) -> Stored:
    """Write the changes, and give back what they changed in the form that is stored."""
    wanted = cells_after(session, project_id, changes)
    mine = _of_project(session, project_id, {example for _, example in wanted})
    wanted = {cell: value for cell, value in wanted.items() if cell[1] in mine}
    before = _now_in(session, wanted)
    # What is deleted already stays deleted since when it was.
    changed = {
        cell: value
        for cell, value in wanted.items()
        if before[cell] != value and not (cell[0] == "deleted" and value and before[cell])
    }
    _write(session, project_id, changed)
    return pack(changed, before)


def _turn(session: Session, project_id: str, stored: Stored, *, back: bool) -> None:
    """Put the fields of an entry from one side to the other, where nobody else changed them."""
    from_, to = unpack(stored, after=back), unpack(stored, after=not back)
    present = _now_in(session, from_)
    cells = {
        cell: to[cell]
        for cell, value in from_.items()
        if cell in present and _same(cell[0], present[cell], value)
    }
    _check_labels(session, project_id, cells)
    _write(session, project_id, cells)


def _same(field: str, present: Value, expected: Value) -> bool:
    return (bool(present) == bool(expected)) if field == "deleted" else present == expected


def _write(session: Session, project_id: str, cells: Cells) -> None:
    if not cells:
        return
    write_cells(session, cells)
    replaced = any(field == "picture" for field, _ in cells)  # its old twins are others
    ids = None if replaced else sorted({example for _, example in cells})
    flag_twins(session, project_id, ids)
    touch(session, project_id)


def _now_in(session: Session, cells: Cells) -> Cells:
    wanted: dict[str, set[int]] = defaultdict(set)
    for field, example in cells:
        wanted[field].add(example)
    return read_cells(session, wanted)


def _of_project(session: Session, project_id: str, ids: set[int]) -> set[int]:
    mine: set[int] = set()
    for batch in in_batches(sorted(ids)):
        mine.update(
            session.scalars(
                select(ExampleRow.id).where(
                    ExampleRow.project_id == project_id, ExampleRow.id.in_(batch)
                )
            )
        )
    return mine


def _check_labels(session: Session, project_id: str, cells: Cells) -> None:
    """Pictures must not vanish under a label that was deleted meanwhile."""
    labels = {value for (field, _), value in cells.items() if field.startswith(ANSWER)}
    labels |= _labels_of_revived(session, project_id, cells)
    gone = session.scalar(
        select(LabelRow.name)
        .where(LabelRow.id.in_(labels - {None}), LabelRow.deleted.is_not(None))
        .limit(1)
    )
    if gone is not None:
        raise GraftError(
            f"This cannot be undone: the label “{gone}” is deleted.",
            "Bring the label back under “Recently deleted”, then try again.",
        )


def _labels_of_revived(session: Session, project_id: str, cells: Cells) -> set[Value]:
    """The labels of pictures that come back as they were, whose label does not change with it."""
    field = f"{ANSWER}{default_question(session, project_id)}"
    back = {id for (name, id), value in cells.items() if name == "deleted" and value is None}
    alone = [id for id in back if (field, id) not in cells]
    return set(read_cells(session, {field: alone}).values())


def _last(session: Session, project_id: str) -> HistoryRow | None:
    mine = (HistoryRow.project_id == project_id, HistoryRow.undone.is_(False))
    return session.scalar(select(HistoryRow).where(*mine).order_by(HistoryRow.id.desc()).limit(1))


def _first_undone(session: Session, project_id: str) -> HistoryRow | None:
    mine = (HistoryRow.project_id == project_id, HistoryRow.undone)
    return session.scalar(select(HistoryRow).where(*mine).order_by(HistoryRow.id).limit(1))


def _forget_old(session: Session, project_id: str) -> None:
    mine = HistoryRow.project_id == project_id
    number = session.scalar(select(func.count(HistoryRow.id)).where(mine)) or 0
    if number <= KEPT:
        return
    oldest = (
        select(HistoryRow.id)
        .where(mine)
        .order_by(HistoryRow.id.desc())
        .offset(KEPT)
        .scalar_subquery()
    )
    session.execute(delete(HistoryRow).where(mine, HistoryRow.id.in_(oldest)))


def _entries(project_id: str) -> Select[int, str, str, int, datetime, bool]:
    """The entries of a project without their cells, which may be long."""
    return select(
        HistoryRow.id,
        HistoryRow.project_id,
        HistoryRow.words,
        HistoryRow.pictures,
        HistoryRow.at,
        HistoryRow.undone,
    ).where(HistoryRow.project_id == project_id)


def _entry(row: HistoryRow | Row[int, str, str, int, datetime, bool]) -> Entry:
    return Entry(row.id, row.project_id, row.words, row.pictures, row.at, row.undone)
