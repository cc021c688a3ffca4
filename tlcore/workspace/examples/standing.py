"""A short mark of how the examples of a project stand, to tell whether something measured holds."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tlcore.workspace.examples.visible import is_visible
from tlcore.workspace.schema import AnswerRow, ExampleRow

PRIME = 1_000_003


def standing(session: Session, project_id: str, question_id: int) -> str:
    """The same mark as long as the same examples stand under the same labels and splits.

    Counts alone miss two pictures that change places. Made of sums that the database takes, one
    row per label and split, so that 10,000 examples cost a few milliseconds.
    """
    numbers = ExampleRow.id
    rows = session.execute(
        select(
            AnswerRow.label_id,
            ExampleRow.split,
            func.count(numbers),
            func.sum(numbers),
            func.sum(numbers * numbers % PRIME),
        )
        .join(AnswerRow, AnswerRow.example_id == numbers)
        .where(
            ExampleRow.project_id == project_id,
            AnswerRow.question_id == question_id,
            AnswerRow.label_id.is_not(None),
            is_visible(),
        )
        .group_by(AnswerRow.label_id, ExampleRow.split)
        .order_by(AnswerRow.label_id, ExampleRow.split)
    ).all()
    told = repr([tuple(row) for row in rows])
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
