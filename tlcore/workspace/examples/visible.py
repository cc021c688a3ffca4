"""Which examples can be seen: those not deleted, and whose label is not deleted either.

Conditions for queries; the label that counts is the answer to the project's first question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from tlcore.errors import NotFound
from tlcore.workspace.schema import AnswerRow, ExampleRow, LabelRow, QuestionRow

# SQLite takes 32,766 values in one statement.
AT_ONCE = 5_000


def default_questions() -> Select[Any]:
    """The id of the first question of every project."""
    place = func.row_number().over(
        partition_by=QuestionRow.project_id, order_by=(QuestionRow.position, QuestionRow.id)
    )
    ranked = (
        select(QuestionRow.id.label("id"), place.label("place"))
        .where(QuestionRow.deleted.is_(None))
        .subquery()
    )
    return select(ranked.c.id).where(ranked.c.place == 1)


def default_question(session: Session, project_id: str) -> int:
    """The id of the first question of one project.

    Raises:
        NotFound: there is no such project.
    """
    question = session.scalar(
        select(QuestionRow.id)
        .where(QuestionRow.project_id == project_id, QuestionRow.deleted.is_(None))
        .order_by(QuestionRow.position, QuestionRow.id)
        .limit(1)
    )
    if question is None:
        raise NotFound(
            f"There is no project {project_id!a} here.", "Open the home page and choose another."
        )
    return question


def is_visible() -> ColumnElement[bool]:
    """The condition on `ExampleRow`: neither it nor its label is deleted."""
    hidden = (
        select(AnswerRow.example_id)
        .join(LabelRow, LabelRow.id == AnswerRow.label_id)
        .where(LabelRow.deleted.is_not(None), AnswerRow.question_id.in_(default_questions()))
    )
    return ExampleRow.deleted.is_(None) & ExampleRow.id.not_in(hidden)


def in_batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The same ids, as many at a time as one statement can take."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
