"""Twins: one picture that stands in a project more than once, and the flags that follow from it.

These flags are facts of the tables, so they are set and present away here after every change, and
not left to whoever noticed them first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from tlcore.workspace.examples.visible import AT_ONCE, default_question, in_batches, is_visible
from tlcore.workspace.records import Split
from tlcore.workspace.schema import AnswerRow, ExampleRow, FlagRow, LabelRow, now

CONTRADICTION = "contradiction"  # the same picture under another label
IN_TWO_SPLITS = "in_two_splits"  # the same picture in another split


def flag_twins(session: Session, project_id: str, ids: Sequence[int] | None = None) -> None:
    """Set both flags to what the tables say now.

    Args:
        session: one that writes.
        project_id: whose examples.
        ids: the examples that have changed, to look at their pictures only; None for all.
    """
    mine = ExampleRow.project_id == project_id
    if ids is not None and len(ids) <= AT_ONCE:
        changed = aliased(ExampleRow)
        mine &= ExampleRow.picture.in_(select(changed.picture).where(changed.id.in_(ids)))
    wanted = _wanted(session, default_question(session, project_id), mine)
    rows = session.execute(
        select(FlagRow.example_id, FlagRow.flag)
        .join(ExampleRow, ExampleRow.id == FlagRow.example_id)
        .where(mine, FlagRow.flag.in_((CONTRADICTION, IN_TWO_SPLITS)))
    )
    present = {(example, flag) for example, flag in rows}
    for flag in (CONTRADICTION, IN_TWO_SPLITS):
        stale = sorted(example for example, word in present - wanted if word == flag)
        for batch in in_batches(stale):
            session.execute(
                delete(FlagRow).where(FlagRow.flag == flag, FlagRow.example_id.in_(batch))
            )
    missing = [{"example_id": example, "flag": flag} for example, flag in sorted(wanted - present)]
    if missing:
        session.execute(insert(FlagRow), missing)


def _wanted(session: Session, question: int, mine: ColumnElement[bool]) -> set[tuple[int, str]]:
    visible = mine & is_visible()
    twice = (
        select(ExampleRow.picture)
        .where(visible)
        .group_by(ExampleRow.picture)
        .having(func.count() > 1)
    )
    pictures = list(session.scalars(twice))
    answered = (AnswerRow.example_id == ExampleRow.id) & (AnswerRow.question_id == question)
    twins: dict[str, list[tuple[int, str, int | None]]] = defaultdict(list)
    for start in range(0, len(pictures), AT_ONCE):
        rows = session.execute(
            select(ExampleRow.picture, ExampleRow.id, ExampleRow.split, AnswerRow.label_id)
            .outerjoin(AnswerRow, answered)
            .where(visible, ExampleRow.picture.in_(pictures[start : start + AT_ONCE]))
        )
        for picture, example, split, label in rows:
            twins[picture].append((example, split, label))
    wanted: set[tuple[int, str]] = set()
    for group in twins.values():
        if len({label for _, _, label in group if label is not None}) > 1:
            wanted.update((example, CONTRADICTION) for example, _, _ in group)
        used = [(example, split) for example, split, _ in group if split != Split.UNLABELLED]
        if len({split for _, split in used}) > 1:
            wanted.update((example, IN_TWO_SPLITS) for example, _ in used)
    return wanted


def drop_twins(session: Session, source_label: int, into_label: int) -> None:
    """Before a merge: delete the examples of one label whose picture the other has too."""

    def under(label: int) -> Select[Any]:
        return select(AnswerRow.example_id).where(AnswerRow.label_id == label)

    other = aliased(ExampleRow)
    there = select(other.picture).where(other.id.in_(under(into_label)), other.deleted.is_(None))
    session.execute(
        update(ExampleRow)
        .where(ExampleRow.id.in_(under(source_label)), ExampleRow.deleted.is_(None))
        .where(ExampleRow.picture.in_(there))
        .values(deleted=now())
        .execution_options(synchronize_session=False)
    )


def without_twins(session: Session, project_id: str, ids: Sequence[int]) -> list[int]:
    """Those deleted examples whose picture does not stand visibly under the same label again.

    Those whose label is deleted too are left out: they would come back where nobody sees them.
    """
    question = default_question(session, project_id)
    hidden = (
        select(AnswerRow.example_id)
        .join(LabelRow, LabelRow.id == AnswerRow.label_id)
        .where(LabelRow.deleted.is_not(None), AnswerRow.question_id == question)
    )
    mine = (AnswerRow.example_id == ExampleRow.id) & (AnswerRow.question_id == question)
    pairs = select(ExampleRow.id, ExampleRow.picture, AnswerRow.label_id).outerjoin(AnswerRow, mine)
    present: set[tuple[str, int | None]] = set()
    candidates: list[tuple[int, str, int | None]] = []
    for batch in in_batches(ids):
        rows = session.execute(
            pairs.where(
                ExampleRow.id.in_(batch),
                ExampleRow.deleted.is_not(None),
                ExampleRow.id.not_in(hidden),
            ).order_by(ExampleRow.id)
        )
        candidates.extend((example, picture, label) for example, picture, label in rows)
    pictures = [picture for _, picture, _ in candidates]
    for start in range(0, len(pictures), AT_ONCE):
        chunk = pictures[start : start + AT_ONCE]
        live = pairs.where(
            ExampleRow.project_id == project_id, is_visible(), ExampleRow.picture.in_(chunk)
        )
        present.update((picture, label) for _, picture, label in session.execute(live))
    kept = []
    for example, picture, label in candidates:
        if (picture, label) not in present:
            present.add((picture, label))
            kept.append(example)
    return kept
