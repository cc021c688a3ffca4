"""Examples as they come in: rows, answers and flags, written in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tlcore.workspace.examples.changes import no_label
from tlcore.workspace.records import NewExample, Split
from tlcore.workspace.schema import AnswerRow, ExampleRow, FlagRow, LabelRow, QuestionRow, now


def check_answers(session: Session, project_id: str, examples: Iterable[NewExample]) -> None:
    """Raises NotFound: an answer is no label of its question in this project."""
    given = {
        (question, label)
        for example in examples
        for question, label in example.answers.items()
        if label is not None
    }
    known = session.execute(
        select(LabelRow.question_id, LabelRow.id)
        .join(QuestionRow, QuestionRow.id == LabelRow.question_id)
        .where(QuestionRow.project_id == project_id)
    )
    strangers = given - {(question, label) for question, label in known}
    if strangers:
        raise no_label(min(label for _, label in strangers))


def insert_examples(session: Session, project_id: str, examples: Sequence[NewExample]) -> list[int]:
    """Write examples with their answers and flags; their ids, in the same order."""
    moment = now()
    rows = [
        {
            "project_id": project_id,
            "picture": example.picture,
            "source_name": example.source_name.encode("utf-8", "replace").decode("utf-8"),
            "split": (example.split or Split.UNLABELLED).value,
            "group": example.group,
            "domain": example.domain,
            "perceptual_hash": example.perceptual_hash,
            "width": example.width,
            "height": example.height,
            "created": moment,
        }
        for example in examples
    ]
    ordered = insert(ExampleRow).returning(ExampleRow.id, sort_by_parameter_order=True)
    ids = list(session.scalars(ordered, rows))
    answers = [
        {"example_id": id, "question_id": question, "label_id": label}
        for id, example in zip(ids, examples, strict=True)
        for question, label in example.answers.items()
        if label is not None
    ]
    if answers:
        session.execute(insert(AnswerRow), answers)
    flags = [
        {"example_id": id, "flag": flag}
        for id, example in zip(ids, examples, strict=True)
        for flag in dict.fromkeys(example.flags)
    ]
    if flags:
        session.execute(insert(FlagRow), flags)
    return ids
