"""Questions and their labels: added, renamed, merged, deleted and brought back at any time."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tlcore.errors import NameRefused, NotFound
from tlcore.workspace.database import Database
from tlcore.workspace.examples.twins import drop_twins, flag_twins
from tlcore.workspace.examples.visible import default_question
from tlcore.workspace.names import clean_name, free_name
from tlcore.workspace.projects import touch, wait_for_others
from tlcore.workspace.records import Label, Question
from tlcore.workspace.schema import AnswerRow, LabelRow, QuestionRow, now

Questions = list[Question]
LabelList = list[Label]


class Labels:
    """The labels of every project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def question(self, project_id: str) -> Question:
        """The first question of a project. Raises NotFound."""
        with self._database.read() as session:
            row = session.get_one(QuestionRow, default_question(session, project_id))
            return _question(row)

    def questions(self, project_id: str) -> Questions:
        """Every question of a project, in order."""
        with self._database.read() as session:
            return [_question(row) for row in _questions(session, project_id)]

    def add_question(self, project_id: str, name: str) -> Question:
        """The question of this name; made, after all others, where there is none.

        Raises:
            NameRefused: the name is empty, too long or cannot be shown.
            NotFound: there is no such project.
        """
        clean = clean_name(name, "question")
        with self._database.write() as session:
            wait_for_others(session, project_id)
            rows = {row.name: row for row in _questions(session, project_id)}
            if clean in rows:
                return _question(rows[clean])
            touch(session, project_id)
            last = max((row.position for row in rows.values()), default=-1)
            row = QuestionRow(project_id=project_id, name=clean, position=last + 1)
            session.add(row)
            session.flush()
            return _question(row)

    def get(self, label_id: int) -> Label:
        """One label, deleted or not. Raises NotFound."""
        with self._database.read() as session:
            return _record(_find(session, label_id))

    def list(self, question_id: int, *, deleted: bool = False) -> LabelList:
        """The labels of a question (or the deleted ones), in order."""
        wanted = LabelRow.deleted.is_not(None) if deleted else LabelRow.deleted.is_(None)
        with self._database.read() as session:
            rows = session.scalars(
                select(LabelRow)
                .where(LabelRow.question_id == question_id, wanted)
                .order_by(LabelRow.position, LabelRow.id)
            )
            return [_record(row) for row in rows]

    def add(self, question_id: int, name: str) -> Label:
        """The label of this name; made where there is none (a deleted one stays deleted).

        Raises:
            NameRefused: the name is empty, too long or cannot be shown.
            NotFound: there is no such question.
        """
        clean = clean_name(name, "label")
        with self._database.write() as session:
            project_id = _project_of(session, question_id)
            row = _live(session, question_id).get(clean)
            if row is None:
                last = select(func.max(LabelRow.position)).where(
                    LabelRow.question_id == question_id
                )
                place = session.scalar(last)
                row = LabelRow(
                    question_id=question_id,
                    name=clean,
                    position=0 if place is None else place + 1,
                )
                session.add(row)
                touch(session, project_id)
                session.flush()
            return _record(row)

    def rename(self, label_id: int, name: str) -> Label:
        """Give a label another name.

        Raises:
            NameRefused: the name cannot be used, or another label has it.
            NotFound: there is no such label.
        """
        clean = clean_name(name, "label")
        with self._database.write() as session:
            row = _find(session, label_id)
            other = _live(session, row.question_id).get(clean)
            if other is not None and other.id != row.id:
                raise NameRefused(
                    f"There is already a label “{clean}”.",
                    "Merge the two labels, or choose another name.",
                )
            row.name = clean
            touch(session, _project_of(session, row.question_id))
            return _record(row)

    def merge(self, source_id: int, into_id: int) -> Label:
        """Give every picture of one label to another, and delete the first.

        A picture that stood under both is kept once. Raises NotFound too when one is deleted.
        """
        with self._database.write() as session:
            source, into = _find(session, source_id), _find(session, into_id)
            if gone := next((row for row in (source, into) if row.deleted is not None), None):
                raise NotFound(
                    f"The label “{gone.name}” is deleted.",
                    "Bring it back under “Recently deleted”, or choose another label.",
                )
            if source.id == into.id or source.question_id != into.question_id:
                raise NameRefused(
                    f"“{source.name}” cannot be merged into “{into.name}”.",
                    "Choose two labels of the same question.",
                )
            project_id = _project_of(session, source.question_id)
            if source.question_id == default_question(session, project_id):
                drop_twins(session, source_id, into_id)
            session.execute(
                update(AnswerRow).where(AnswerRow.label_id == source_id).values(label_id=into_id)
            )
            source.deleted = now()
            session.flush()
            flag_twins(session, project_id)
            touch(session, project_id)
            return _record(into)

    def delete(self, label_id: int) -> Label:
        """Put a label aside, and its pictures with it; `restore` brings both back."""
        with self._database.write() as session:
            row = _find(session, label_id)
            row.deleted = row.deleted or now()
            return _settle(session, row)

    def restore(self, label_id: int) -> Label:
        """Bring a deleted label back; as “name (2)” if another has its name by now."""
        with self._database.write() as session:
            row = _find(session, label_id)
            if row.deleted is not None:
                row.name = free_name(row.name, set(_live(session, row.question_id)))
                row.deleted = None
            return _settle(session, row)


def _question(row: QuestionRow) -> Question:
    return Question(row.id, row.project_id, row.name, row.position)


def _questions(session: Session, project_id: str) -> list[QuestionRow]:
    live = (QuestionRow.project_id == project_id, QuestionRow.deleted.is_(None))
    query = select(QuestionRow).where(*live).order_by(QuestionRow.position, QuestionRow.id)
    return list(session.scalars(query))


def _settle(session: Session, row: LabelRow) -> Label:
    """After a label went or came: what follows from it for the pictures."""
    session.flush()
    project_id = _project_of(session, row.question_id)
    flag_twins(session, project_id)
    touch(session, project_id)
    return _record(row)


def _find(session: Session, label_id: int) -> LabelRow:
    row = session.get(LabelRow, label_id)
    if row is None:
        raise NotFound(f"There is no label {label_id} here.", "Reload the page and choose again.")
    return row


def _live(session: Session, question_id: int) -> dict[str, LabelRow]:
    rows = session.scalars(
        select(LabelRow).where(LabelRow.question_id == question_id, LabelRow.deleted.is_(None))
    )
    return {row.name: row for row in rows}


def _project_of(session: Session, question_id: int) -> str:
    question = session.get(QuestionRow, question_id)
    if question is None:
        raise NotFound(
            f"There is no question {question_id} here.", "Reload the page and choose again."
        )
    return question.project_id


def _record(row: LabelRow) -> Label:
    return Label(row.id, row.question_id, row.name, row.position, row.deleted)
