"""Examples: the pictures of a project with their answers, splits, groups and flags.

Made for 10,000 at a time: written in bulk, read with three queries whatever the number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from tlcore.errors import NotFound
from tlcore.workspace.database import Database
from tlcore.workspace.examples.reading import read_examples
from tlcore.workspace.examples.standing import standing
from tlcore.workspace.examples.twins import flag_twins, without_twins
from tlcore.workspace.examples.visible import default_question, in_batches, is_visible
from tlcore.workspace.projects import touch
from tlcore.workspace.records import Example, NewExample, Split
from tlcore.workspace.schema import AnswerRow, ExampleRow, FlagRow, LabelRow, QuestionRow, now

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
            _check_answers(session, project_id, new)
            ids = _insert(session, project_id, new)
            flag_twins(session, project_id, ids)
            found = {example.id: example for example in read_examples(session, ids=ids)}
        return [found[example] for example in ids]

    def get(self, example_id: int) -> Example:
        """One example, deleted or not. Raises NotFound."""
        found = self.get_many([example_id])
        if not found:
            raise NotFound(f"There is no picture {example_id} here.", "Reload the page.")
        return found[0]

    def get_many(self, ids: Sequence[int]) -> ExampleList:
        """Those of these examples that exist, deleted or not, in the given order."""
        with self._database.read() as session:
            found = {example.id: example for example in read_examples(session, ids=ids)}
        return [found[example] for example in ids if example in found]

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

    def answer(self, ids: Sequence[int], question_id: int, label_id: int | None) -> None:
        """Give these examples one answer to one question; None takes the answer away.

        Raises:
            NotFound: the label is none of that question.
        """
        with self._database.write() as session:
            if label_id is not None:
                label = session.get(LabelRow, label_id)
                if label is None or label.question_id != question_id or label.deleted:
                    raise _no_label(label_id)
            for batch in in_batches(ids):
                session.execute(
                    delete(AnswerRow).where(
                        AnswerRow.question_id == question_id, AnswerRow.example_id.in_(batch)
                    )
                )
            if label_id is not None and ids:
                rows = [
                    {"example_id": example, "question_id": question_id, "label_id": label_id}
                    for example in _existing(session, ids)
                ]
                session.execute(insert(AnswerRow), rows)
            _settle(session, ids)

    def move(self, ids: Sequence[int], split: Split) -> None:
        """Put these examples into one split."""
        self._change(ids, split=Split(split).value)

    def set_group(self, ids: Sequence[int], group: str | None) -> None:
        """Give these examples one group: what must stay in one split together."""
        self._change(ids, group=group)

    def flag(self, ids: Sequence[int], flag: str, on: bool = True) -> None:
        """Put a word of warning on these examples, or take it off."""
        with self._database.write() as session:
            for batch in in_batches(ids):
                session.execute(
                    delete(FlagRow).where(FlagRow.flag == flag, FlagRow.example_id.in_(batch))
                )
            if on and ids:
                rows = [
                    {"example_id": example, "flag": flag} for example in _existing(session, ids)
                ]
                session.execute(insert(FlagRow), rows)

    def delete(self, ids: Sequence[int]) -> None:
        """Put these examples aside; `restore` brings them back."""
        self._change(ids, deleted=now())

    def restore(self, ids: Sequence[int]) -> None:
        """Bring deleted examples back, but none twice and none whose label is deleted."""
        with self._database.write() as session:
            for project_id in _projects_of(session, ids):
                kept = without_twins(session, project_id, ids)
                _update(session, kept, deleted=None)
            _settle(session, ids)

    def _change(self, ids: Sequence[int], **values: Any) -> None:
        with self._database.write() as session:
            _update(session, ids, **values)
            _settle(session, ids)


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


def _insert(session: Session, project_id: str, new: Sequence[NewExample]) -> list[int]:
    moment = now()
    rows = [
        {
            "project_id": project_id,
            "picture": one.picture,
            "source_name": one.source_name.encode("utf-8", "replace").decode("utf-8"),
            "split": (one.split or Split.UNLABELLED).value,
            "group": one.group,
            "domain": one.domain,
            "perceptual_hash": one.perceptual_hash,
            "width": one.width,
            "height": one.height,
            "created": moment,
        }
        for one in new
    ]
    ordered = insert(ExampleRow).returning(ExampleRow.id, sort_by_parameter_order=True)
    ids = list(session.scalars(ordered, rows))
    answers = [
        {"example_id": example, "question_id": question, "label_id": label}
        for example, one in zip(ids, new, strict=True)
        for question, label in one.answers.items()
        if label is not None
    ]
    if answers:
        session.execute(insert(AnswerRow), answers)
    flags = [
        {"example_id": example, "flag": flag}
        for example, one in zip(ids, new, strict=True)
        for flag in dict.fromkeys(one.flags)
    ]
    if flags:
        session.execute(insert(FlagRow), flags)
    return ids


def _check_answers(session: Session, project_id: str, new: Iterable[NewExample]) -> None:
    given = {
        (question, label)
        for one in new
        for question, label in one.answers.items()
        if label is not None
    }
    known = session.execute(
        select(LabelRow.question_id, LabelRow.id)
        .join(QuestionRow, QuestionRow.id == LabelRow.question_id)
        .where(QuestionRow.project_id == project_id)
    )
    strangers = given - {(question, label) for question, label in known}
    if strangers:
        raise _no_label(min(label for _, label in strangers))


def _no_label(label_id: int) -> NotFound:
    return NotFound(
        f"There is no label {label_id} for this question.", "Reload the page and choose again."
    )


def _existing(session: Session, ids: Sequence[int]) -> list[int]:
    found: set[int] = set()
    for batch in in_batches(ids):
        found.update(session.scalars(select(ExampleRow.id).where(ExampleRow.id.in_(batch))))
    return sorted(found)


def _update(session: Session, ids: Sequence[int], **values: Any) -> None:
    for batch in in_batches(ids):
        session.execute(
            update(ExampleRow)
            .where(ExampleRow.id.in_(batch))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def _projects_of(session: Session, ids: Sequence[int]) -> list[str]:
    found: dict[str, None] = defaultdict()
    for batch in in_batches(ids):
        projects = select(ExampleRow.project_id).where(ExampleRow.id.in_(batch)).distinct()
        found.update(dict.fromkeys(session.scalars(projects)))
    return list(found)


def _settle(session: Session, ids: Sequence[int]) -> None:
    """After a change: what follows from it for twins, and when the project last changed."""
    for project_id in _projects_of(session, ids):
        flag_twins(session, project_id, ids)
        touch(session, project_id)
