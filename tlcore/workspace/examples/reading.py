"""Reading examples as records: rows, answers and flags in three queries, joined in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from tlcore.workspace.examples.visible import in_batches
from tlcore.workspace.records import Example, Split
from tlcore.workspace.schema import AnswerRow, ExampleRow, FlagRow, LabelRow

COLUMNS = (
    ExampleRow.id,
    ExampleRow.project_id,
    ExampleRow.picture,
    ExampleRow.source_name,
    ExampleRow.split,
    ExampleRow.group,
    ExampleRow.domain,
    ExampleRow.perceptual_hash,
    ExampleRow.width,
    ExampleRow.height,
    ExampleRow.created,
    ExampleRow.deleted,
)


def read_examples(
    session: Session,
    *,
    ids: Sequence[int] | None = None,
    wanted: Sequence[ColumnElement[bool]] = (),
    offset: int = 0,
    limit: int | None = None,
) -> list[Example]:
    """The examples with these ids, or those that meet every condition, oldest first."""
    query = select(*COLUMNS).order_by(ExampleRow.id)
    if ids is None:
        rows = session.execute(query.where(*wanted).offset(offset).limit(limit)).all()
    else:
        rows = [
            row
            for batch in in_batches(sorted(set(ids)))
            for row in session.execute(query.where(ExampleRow.id.in_(batch)))
        ]
    read = [row.id for row in rows]
    answers, flags = _answers(session, read), _flags(session, read)
    return [
        Example(
            id=row.id,
            project_id=row.project_id,
            picture=row.picture,
            source_name=row.source_name,
            split=Split(row.split),
            group=row.group,
            domain=row.domain,
            answers=answers.get(row.id, {}),
            flags=tuple(flags.get(row.id, ())),
            perceptual_hash=row.perceptual_hash,
            width=row.width,
            height=row.height,
            created=row.created,
            deleted=row.deleted,
        )
        for row in rows
    ]


def _answers(session: Session, ids: Sequence[int]) -> dict[int, dict[int, int | None]]:
    """Example id → question id → label id, without labels that are deleted."""
    query = (
        select(AnswerRow.example_id, AnswerRow.question_id, AnswerRow.label_id)
        .join(LabelRow, LabelRow.id == AnswerRow.label_id)
        .where(LabelRow.deleted.is_(None))
    )
    answers: dict[int, dict[int, int | None]] = defaultdict(dict)
    for batch in in_batches(ids):
        for example, question, label in session.execute(
            query.where(AnswerRow.example_id.in_(batch))
        ):
            answers[example][question] = label
    return answers


def _flags(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    query = select(FlagRow.example_id, FlagRow.flag).order_by(FlagRow.flag)
    flags: dict[int, list[str]] = defaultdict(list)
    for batch in in_batches(ids):
        for example, flag in session.execute(query.where(FlagRow.example_id.in_(batch))):
            flags[example].append(flag)
    return flags
