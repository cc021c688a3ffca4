"""The tables, as SQLAlchemy classes. They know nothing of files; nothing is ever deleted for good.

`NUMBER` counts the shapes that the tables have had; the database remembers it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NUMBER = 4  # 2: history, 3: tokens of the HTTP API, 4: runs name tasks in their new rooms


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones, so they are taken off and put back on."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """The base of all tables; says how Python types are stored."""

    type_annotation_map = {datetime: UtcTime, dict[str, Any]: JSON, list[Any]: JSON, str: Text}  # noqa: RUF012


class SettingRow(Table):
    """One remembered fact about the database, such as its schema number."""

    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str]


class ProjectRow(Table):
    __tablename__ = "projects"
    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str]
    owner: Mapped[str | None] = mapped_column(index=True)
    choices: Mapped[dict[str, Any]]
    created: Mapped[datetime]
    changed: Mapped[datetime]
    deleted: Mapped[datetime | None]


class QuestionRow(Table):
    __tablename__ = "questions"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    name: Mapped[str]
    position: Mapped[int]
    deleted: Mapped[datetime | None]


class LabelRow(Table):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    name: Mapped[str]
    position: Mapped[int]
    deleted: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "labels_live_name",
            "question_id",
            "name",
            unique=True,
            sqlite_where=text("deleted IS NULL"),
            postgresql_where=text("deleted IS NULL"),
        ),
    )


class ExampleRow(Table):
    __tablename__ = "examples"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    picture: Mapped[str] = mapped_column(String(64))
    source_name: Mapped[str]
    split: Mapped[str] = mapped_column(String(12))
    group: Mapped[str | None]
    domain: Mapped[str | None]
    perceptual_hash: Mapped[str | None]
    width: Mapped[int]
    height: Mapped[int]
    created: Mapped[datetime]
    deleted: Mapped[datetime | None]
    __table_args__ = (
        Index("examples_of_project", "project_id", "deleted", "split"),
        Index("examples_of_picture", "project_id", "picture"),
    )


class AnswerRow(Table):
    """The answer of one example to one question; no row means not answered."""

    __tablename__ = "answers"
    example_id: Mapped[int] = mapped_column(ForeignKey("examples.id"), primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True)
    label_id: Mapped[int | None] = mapped_column(ForeignKey("labels.id"))
    __table_args__ = (
        Index("answers_of_label", "label_id", "example_id"),
        Index("answers_of_question", "question_id", "label_id"),
        {"sqlite_with_rowid": False},
    )


class FlagRow(Table):
    """One word of warning about one example."""

    __tablename__ = "flags"
    example_id: Mapped[int] = mapped_column(ForeignKey("examples.id"), primary_key=True)
    flag: Mapped[str] = mapped_column(String(40), primary_key=True)
    __table_args__ = ({"sqlite_with_rowid": False},)


class HistoryRow(Table):
    """One undoable change; `cells` holds [field, before, after, example ids] per kind of change."""

    __tablename__ = "history"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"))
    words: Mapped[str]
    pictures: Mapped[int]
    cells: Mapped[list[Any]]
    at: Mapped[datetime]
    undone: Mapped[bool]
    __table_args__ = (
        Index("history_of_project", "project_id", "undone"),
        {"sqlite_autoincrement": True},  # an id is never used again: it names an entry for good
    )


class RunRow(Table):
    """One run; `serial` is the order in which runs were created, over all projects."""

    __tablename__ = "runs"
    serial: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(12), unique=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("projects.id"), index=True)
    number: Mapped[int]
    function: Mapped[str]
    recipe: Mapped[dict[str, Any]]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12), index=True)
    created: Mapped[datetime]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]
    stop_requested: Mapped[bool]
    error: Mapped[str | None]
    remedy: Mapped[str | None]
    summary: Mapped[dict[str, Any]]
    deleted: Mapped[datetime | None]


class EventRow(Table):
    __tablename__ = "events"
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]]
    at: Mapped[float]
    __table_args__ = ({"sqlite_with_rowid": False},)


class ApiTokenRow(Table):
    """A token for one run's classifier over HTTP; only its hash is known."""

    __tablename__ = "api_tokens"
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), index=True)
    name: Mapped[str]
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[datetime]
    used: Mapped[datetime | None]
    revoked: Mapped[datetime | None]
    __table_args__ = ({"sqlite_autoincrement": True},)
