"""Projects: made, named, deleted and brought back; and the draft of each one's next run."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tlcore.errors import NotFound
from tlcore.workspace.database import Database
from tlcore.workspace.examples.visible import default_questions, is_visible
from tlcore.workspace.names import clean_name
from tlcore.workspace.records import Project, ProjectSummary
from tlcore.workspace.schema import (
    AnswerRow,
    ExampleRow,
    LabelRow,
    ProjectRow,
    QuestionRow,
    RunRow,
    now,
)

DEFAULT_QUESTION = "What is it?"
COVER = 4


class Projects:
    """All projects of a workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, *, owner: str | None = None) -> Project:
        """A new project with its one question.

        Raises:
            NameRefused: the name is empty, too long or cannot be shown.
        """
        moment = now()
        row = ProjectRow(
            id=secrets.token_hex(6),
            name=clean_name(name, "project"),
            owner=owner,
            choices={},
            created=moment,
            changed=moment,
        )
        with self._database.write() as session:
            session.add(row)
            session.flush()
            session.add(QuestionRow(project_id=row.id, name=DEFAULT_QUESTION, position=0))
            return _record(row)

    def get(self, project_id: str, *, deleted: bool = False) -> Project:
        """One project; `deleted=True` also finds a deleted one.

        Raises:
            NotFound: there is none with this id.
        """
        with self._database.read() as session:
            return _record(_find(session, project_id, deleted=deleted))

    def changed(self, project_id: str) -> datetime:
        """When something in a project last changed, whatever it was. Raises NotFound."""
        with self._database.read() as session:
            return _find(session, project_id, deleted=True).changed

    def summaries(self, *, deleted: bool = False) -> list[ProjectSummary]:
        """Every project (or every deleted one), the last changed first, with its counts."""
        wanted = ProjectRow.deleted.is_not(None) if deleted else ProjectRow.deleted.is_(None)
        newest = (ProjectRow.changed.desc(), ProjectRow.id)
        with self._database.read() as session:
            rows = session.scalars(select(ProjectRow).where(wanted).order_by(*newest)).all()
            pictures, covers = _count_pictures(session)
            labels = _count_labels(session)
            runs = _count_runs(session)
        return [
            ProjectSummary(
                project=_record(row),
                pictures=pictures.get(row.id, 0),
                labels=labels.get(row.id, 0),
                runs=runs.get(row.id, 0),
                changed=row.changed,
                cover=covers.get(row.id, []),
            )
            for row in rows
        ]

    def rename(self, project_id: str, name: str) -> Project:
        """Give a project another name. Raises NameRefused or NotFound."""
        return self._change(project_id, name=clean_name(name, "project"))

    def delete(self, project_id: str) -> Project:
        """Put a project aside; `restore` brings it back. Raises NotFound."""
        return self._change(project_id, deleted=now())

    def restore(self, project_id: str) -> Project:
        """Bring a deleted project back, with all that was in it. Raises NotFound."""
        return self._change(project_id, deleted=None)

    def choose(self, project_id: str, **choices: Any) -> Project:
        """Merge these choices into the draft of the next run. Raises NotFound."""
        with self._database.write() as session:
            row = _find(session, project_id, deleted=True)
            row.choices = {**row.choices, **choices}
            row.changed = now()
            return _record(row)

    def _change(self, project_id: str, **values: Any) -> Project:
        with self._database.write() as session:
            row = _find(session, project_id, deleted=True)
            for name, value in values.items():
                setattr(row, name, value)
            row.changed = now()
            return _record(row)


def touch(session: Session, project_id: str) -> None:
    """Note that something in the project has just changed. Raises NotFound."""
    done = session.execute(
        update(ProjectRow)
        .where(ProjectRow.id == project_id)
        .values(changed=now())
        .returning(ProjectRow.id)
    )
    if done.scalar() is None:
        raise _not_found(project_id)


def wait_for_others(session: Session, project_id: str) -> None:
    """Let nobody else write to the project until this session ends: what is read now then holds.

    SQLite has one writer at a time anyway. Raises NotFound.
    """
    project = select(ProjectRow.id).where(ProjectRow.id == project_id)
    if session.scalar(project.with_for_update()) is None:
        raise _not_found(project_id)


def _find(session: Session, project_id: str, *, deleted: bool) -> ProjectRow:
    row = session.get(ProjectRow, project_id)
    if row is None or (row.deleted is not None and not deleted):
        raise _not_found(project_id)
    return row


def _not_found(project_id: str) -> NotFound:
    return NotFound(
        f"There is no project {project_id!a} here.",
        "Open the home page: it lists every project, and the deleted ones below them.",
    )


def _record(row: ProjectRow) -> Project:
    return Project(row.id, row.name, row.owner, row.created, row.deleted, dict(row.choices))


def _count_pictures(session: Session) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Per project: the number of visible examples, and the pictures for its cover."""
    mine = (AnswerRow.example_id == ExampleRow.id) & AnswerRow.question_id.in_(default_questions())
    per_label = session.execute(
        select(
            ExampleRow.project_id,
            func.count(ExampleRow.id),
            func.min(ExampleRow.id),
            func.max(ExampleRow.id),
        )
        .outerjoin(AnswerRow, mine)
        .where(is_visible())
        .group_by(ExampleRow.project_id, AnswerRow.label_id)
        .order_by(ExampleRow.project_id, func.min(ExampleRow.id))
    ).all()
    counts: dict[str, int] = {}
    firsts: dict[str, list[int]] = {}
    lasts: dict[str, list[int]] = {}
    for project, count, first, last in per_label:
        counts[project] = counts.get(project, 0) + count
        firsts.setdefault(project, []).append(first)
        lasts.setdefault(project, []).append(last)
    chosen = {p: list(dict.fromkeys(firsts[p] + lasts[p]))[:COVER] for p in counts}
    every = [example for examples in chosen.values() for example in examples]
    query = select(ExampleRow.id, ExampleRow.picture).where(ExampleRow.id.in_(every))
    hashes = {example: picture for example, picture in session.execute(query)}
    return counts, {p: [hashes[example] for example in ids] for p, ids in chosen.items()}


def _count_labels(session: Session) -> dict[str, int]:
    counted = session.execute(
        select(QuestionRow.project_id, func.count(LabelRow.id))
        .join(LabelRow, LabelRow.question_id == QuestionRow.id)
        .where(LabelRow.deleted.is_(None), QuestionRow.id.in_(default_questions()))
        .group_by(QuestionRow.project_id)
    )
    return {project: count for project, count in counted}


def _count_runs(session: Session) -> dict[str, int]:
    counted = session.execute(
        select(RunRow.project_id, func.count(RunRow.serial))
        .where(RunRow.deleted.is_(None))
        .group_by(RunRow.project_id)
    )
    return {project: count for project, count in counted}
