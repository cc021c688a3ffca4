"""Examples: the pictures of a project with their answers, splits, groups and flags.

Made for 10,000 at a time: written in bulk, read with three queries whatever the number. Here they
come in and are read; whatever changes them afterwards goes through the history.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from tlcore.errors import NotFound
from tlcore.workspace.database import Database
from tlcore.workspace.examples.adding import check_answers, insert_examples
from tlcore.workspace.examples.reading import read_examples
from tlcore.workspace.examples.standing import standing
from tlcore.workspace.examples.twins import flag_twins
from tlcore.workspace.examples.visible import default_question, is_visible
from tlcore.workspace.projects import touch
from tlcore.workspace.records import Example, NewExample, Split
from tlcore.workspace.schema import AnswerRow, ExampleRow, FlagRow, LabelRow

ExampleList = list[Example]
Table = dict[int | None, dict[Split, int]]


class Examples:
    """The examples of every project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, project_id: str, new: Sequence[NewExample]) -> ExampleList:
        """Store examples, all or none, and return them in the same order.

        Raises:
            NotFound: no such project, or an answer that is no label of its question there.
        """
        if not new:
            return []
        with self._database.write() as session:
            touch(session, project_id)
            check_answers(session, project_id, new)
            ids = insert_examples(session, project_id, new)
            flag_twins(session, project_id, ids)
            stored = {example.id: example for example in read_examples(session, ids=ids)}
        return [stored[example] for example in ids]

    def get(self, example_id: int) -> Example:
        """One example, deleted or not. Raises NotFound."""
        examples = self.get_many([example_id])
        if not examples:
            raise NotFound(f"There is no picture {example_id} here.", "Reload the page.")
        return examples[0]

    def get_many(self, ids: Sequence[int]) -> ExampleList:
        """Those of these examples that exist, deleted or not, in the given order."""
        with self._database.read() as session:
            stored = {example.id: example for example in read_examples(session, ids=ids)}
        return [stored[example] for example in ids if example in stored]

    def list(
        self,
        project_id: str,
        *,
        label_id: int | None = None,
        split: Split | None = None,
        deleted: bool = False,
        flag: str | None = None,
        unanswered: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> ExampleList:
        """The visible examples (or the deleted ones) that pass every filter, oldest first.

        `label_id` asks for one answer; `unanswered` for none to the project's first question.
        """
        wanted = _filter(label_id, split, deleted, flag)
        with self._database.read() as session:
            wanted += _unanswered(session, project_id) if unanswered else []
            wanted.append(ExampleRow.project_id == project_id)
            return read_examples(session, wanted=wanted, offset=offset, limit=limit)

    def count(
        self,
        project_id: str,
        *,
        label_id: int | None = None,
        split: Split | None = None,
        deleted: bool = False,
        flag: str | None = None,
        unanswered: bool = False,
    ) -> int:
        """How many examples `list` would give with the same filters."""
        wanted = _filter(label_id, split, deleted, flag)
        with self._database.read() as session:
            wanted += _unanswered(session, project_id) if unanswered else []
            counted = select(func.count(ExampleRow.id)).where(ExampleRow.project_id == project_id)
            return session.scalar(counted.where(*wanted)) or 0

    def table(self, project_id: str, question_id: int) -> Table:
        """Label id → split → number of visible examples; every live label and split is there.

        The key None is there when some are not answered.
        """
        with self._database.read() as session:
            labels = session.scalars(
                select(LabelRow.id)
                .where(LabelRow.question_id == question_id, LabelRow.deleted.is_(None))
                .order_by(LabelRow.position, LabelRow.id)
            ).all()
            counted = session.execute(
                select(LabelRow.id, ExampleRow.split, func.count(ExampleRow.id))
                .outerjoin(
                    AnswerRow,
                    (AnswerRow.example_id == ExampleRow.id)
                    & (AnswerRow.question_id == question_id),
                )
                .outerjoin(
                    LabelRow, (LabelRow.id == AnswerRow.label_id) & LabelRow.deleted.is_(None)
                )
                .where(ExampleRow.project_id == project_id, is_visible())
                .group_by(LabelRow.id, ExampleRow.split)
            ).all()
        table: Table = {label: dict.fromkeys(Split, 0) for label in labels}
        for label, split, number in counted:
            table.setdefault(label, dict.fromkeys(Split, 0))[Split(split)] = number
        return table

    def standing(self, project_id: str, question_id: int) -> str:
        """A mark that changes when an example comes, goes, or changes its label or split."""
        with self._database.read() as session:
            return standing(session, project_id, question_id)

    def find(self, project_id: str, picture: str) -> ExampleList:
        """The visible examples of one picture, by the SHA-256 of its original bytes."""
        with self._database.read() as session:
            wanted = [ExampleRow.project_id == project_id, ExampleRow.picture == picture]
            return read_examples(session, wanted=[*wanted, is_visible()])


def _filter(
    label_id: int | None, split: Split | None, deleted: bool, flag: str | None
) -> list[ColumnElement[bool]]:
    wanted = [ExampleRow.deleted.is_not(None) if deleted else is_visible()]
    if split is not None:
        wanted.append(ExampleRow.split == Split(split).value)
    if label_id is not None:
        answered = select(AnswerRow.example_id).where(AnswerRow.label_id == label_id)
        wanted.append(ExampleRow.id.in_(answered))
    if flag is not None:
        flagged = select(FlagRow.example_id).where(FlagRow.flag == flag)
        wanted.append(ExampleRow.id.in_(flagged))
    return wanted


def _unanswered(session: Session, project_id: str) -> list[ColumnElement[bool]]:
    question = default_question(session, project_id)
    answered = select(AnswerRow.example_id).where(
        AnswerRow.question_id == question, AnswerRow.label_id.is_not(None)
    )
    return [ExampleRow.id.not_in(answered)]
