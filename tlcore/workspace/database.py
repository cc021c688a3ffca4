"""The database: opening it, its schema number, and short reads and writes of many threads.

SQLite by default: write-ahead log, so that pages read while a run writes; every write takes the
write lock at its start, so that two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock
from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import DatabaseError, SQLAlchemyError
from sqlalchemy.orm import Session

from tlcore.errors import WorkspaceError
from tlcore.workspace import schema
from tlcore.workspace.upgrade import upgrade

BUSY_SECONDS = 30
NUMBER_NAME = "schema"


class Database:
    """One database, safe to use from many threads; each `read` or `write` is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = engine.execution_options(graft_writes=True)

    @classmethod
    def open(
        cls, url: str, lock: Path, before_upgrade: Callable[[], object] = lambda: None
    ) -> Database:
        """Open the database at `url`, making its tables if there are none.

        `lock` is a file that keeps two programs from making the tables at the same time;
        `before_upgrade` is called before an older database is changed.

        Raises:
            WorkspaceError: it cannot be opened, or a newer Graft wrote it.
        """
        engine = None
        try:
            engine = make_engine(url)
            with FileLock(lock, timeout=BUSY_SECONDS):
                if engine.dialect.name == "sqlite":
                    _write_ahead(engine)
                with engine.execution_options(graft_writes=True).begin() as connection:
                    _settle_schema(connection, before_upgrade)
        except WorkspaceError:
            _let_go(engine)
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError, ImportError) as problem:
            _let_go(engine)
            raise WorkspaceError(
                f"The database of Graft cannot be opened ({problem.__cause__ or problem}).",
                "Check that its folder can be written to and the disk is not full. "
                "If the file is damaged, move it away: Graft makes a new one.",
            ) from problem
        return cls(engine)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading: one consistent view.

        Raises:
            WorkspaceError: the database is damaged or gone.
        """
        with _in_plain_words(), Session(self._reader) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session for writing: all or nothing.

        Raises:
            WorkspaceError: the disk is full, or the database is damaged or locked for too long.
        """
        with _in_plain_words(), Session(self._writer) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of every connection."""
        self._reader.dispose()


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """Say what is wrong with the file; mistakes of ours (a missing row, a bad value) stay so."""
    try:
        yield
    except DatabaseError as problem:
        if type(problem.orig) not in (sqlite3.OperationalError, sqlite3.DatabaseError):
            raise
        raise WorkspaceError(
            f"The database of Graft cannot be used ({problem.orig}).",
            "Check that the disk is not full and no other program holds the file, then try again.",
        ) from problem


def _let_go(engine: Engine | None) -> None:
    if engine is not None:
        engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine for `url`; for SQLite one whose transactions begin when we say."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(
        url, connect_args={"timeout": BUSY_SECONDS}, pool_size=8, max_overflow=56
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver would begin too late, as a reader
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")  # with the log: safe when a program dies


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("graft_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _write_ahead(engine: Engine) -> None:
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode = WAL")
    finally:
        raw.close()


def _settle_schema(connection: Connection, before_upgrade: Callable[[], object]) -> None:
    """Make the tables of a new database, bring an older one up to date; refuse a newer one."""
    settings = schema.SettingRow
    stored = None
    if inspect(connection).has_table(settings.__tablename__):
        stored = connection.scalar(select(settings.value).where(settings.name == NUMBER_NAME))
    if stored is not None and int(stored) > schema.NUMBER:
        raise WorkspaceError(
            f"This workspace was written by a newer Graft (its number is {stored}, "
            f"this one knows up to {schema.NUMBER}).",
            "Update Graft, or set GRAFT_HOME to another folder.",
        )
    if stored is not None and int(stored) < schema.NUMBER:
        before_upgrade()
    schema.Table.metadata.create_all(connection)
    number = str(schema.NUMBER)
    if stored is None:
        connection.execute(insert(settings).values(name=NUMBER_NAME, value=number))
    elif int(stored) < schema.NUMBER:
        upgrade(connection, int(stored))
        connection.execute(
            update(settings).where(settings.name == NUMBER_NAME).values(value=number)
        )
