"""Backups of the database: made by SQLite while it is in use, a few kept, and put back when asked.

Pictures, classifiers and kept features are files of their own, which a backup names but does not
hold: what it brings back is everything that was known of them. It knows nothing of tables beyond
their names.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tlcore.errors import WorkspaceError
from tlcore.workspace.files import replacing

KEPT = 3
EVERY = timedelta(days=1)
PREFIX, SUFFIX, STAMP = "graft-", ".db", "%Y%m%dT%H%M%S%f"
BESIDE = ("-wal", "-shm")  # files of SQLite that belong to a database and to no other
COUNTED = {"projects": "project", "examples": "picture", "runs": "run"}  # by their tables


@dataclass(frozen=True)
class Backup:
    """One backup: its file, when it was made, and how much is in it."""

    path: Path
    made: datetime
    counts: dict[str, int]

    @property
    def words(self) -> str:
        """What it would bring back, such as "3 projects, 240 pictures, 12 runs"."""
        return ", ".join(f"{n} {name}{'s' * (n != 1)}" for name, n in self.counts.items())


class Backups:
    """The backups of one database file, in one folder."""

    def __init__(
        self,
        database: Path,
        folder: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._folder, self._clock = database, folder, clock

    def newest_first(self) -> list[Backup]:
        """Those that are there and can be read."""
        backups = []
        for made, path in sorted(self._stamped(), reverse=True):
            counts = _counts(path)
            if counts is not None:
                backups.append(Backup(path, made, counts))
        return backups

    def _stamped(self) -> list[tuple[datetime, Path]]:
        paths = self._folder.glob(f"{PREFIX}*{SUFFIX}")
        return [(made, path) for path in paths if (made := _stamp(path)) is not None]

    def make_daily(self) -> Backup | None:
        """A backup, unless there is one of the last day already."""
        newest = max((made for made, _ in self._stamped()), default=None)
        if newest is not None and self._clock() - newest < EVERY:
            return None
        return self.make()

    def make(self) -> Backup | None:
        """A backup of the database as it is now; None where there is no database yet.

        Made from a consistent view, also while others write. A damaged database is not backed up,
        and no good backup is given up for it.

        Raises:
            WorkspaceError: the disk is full or cannot be written.
        """
        if not self._database.exists():
            return None
        made = self._clock()
        path = self._folder / f"{PREFIX}{made.strftime(STAMP)}{SUFFIX}"
        try:
            with replacing(path) as unfinished:
                _copy(self._database, unfinished)
                if damage_of(unfinished) is not None:
                    return None
        except sqlite3.DatabaseError:
            return None
        except OSError as problem:
            raise WorkspaceError(
                f"The database could not be backed up ({problem.strerror or problem}).",
                "Free some space on the disk that holds Graft's folder.",
            ) from problem
        backups = self.newest_first()
        for old in backups[KEPT:]:
            old.path.unlink(missing_ok=True)
        return next((backup for backup in backups if backup.path == path), None)

    def restore(self, backup: Backup) -> Path:
        """Put a backup in the place of the database, which is kept beside it; where it is now.

        Nobody else may have the database open. Raises WorkspaceError.
        """
        aside = self._database.with_name(
            f"{self._database.name}.damaged-{self._clock().strftime(STAMP)}"
        )
        try:
            with replacing(self._database) as unfinished:
                _copy(backup.path, unfinished)
                # The log of the damaged one would be played into the new one: it goes first.
                for suffix in (*BESIDE, ""):
                    part = Path(f"{self._database}{suffix}")
                    if part.exists():
                        part.replace(f"{aside}{suffix}")
        except (OSError, sqlite3.DatabaseError) as problem:
            raise WorkspaceError(
                f"The backup could not be put back ({problem}).",
                f"Free some space, or copy {backup.path} to {self._database} by hand.",
            ) from problem
        return aside


def damage_of(database: Path) -> str | None:
    """What is wrong with a database file by SQLite's own quick check; None where nothing is.

    It reads all pages, but not whether indexes agree with tables: a second for some hundred MB.
    """
    try:
        with closing(_open(database)) as connection:
            (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as problem:
        if "locked" in str(problem) or "busy" in str(problem):
            return None  # somebody works with it, so it can be worked with
        return str(problem)
    except sqlite3.DatabaseError as problem:
        return str(problem)
    return None if result == "ok" else str(result)


def _copy(source: Path, target: Path) -> None:
    with closing(_open(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)
        # A copy needs no log beside it; so its one file is all of it.
        writing.execute("PRAGMA journal_mode = DELETE")


def _open(database: Path) -> sqlite3.Connection:
    """A connection that makes no file where there is none. Raises sqlite3.OperationalError."""
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=10)


def _counts(path: Path) -> dict[str, int] | None:
    """How many projects, pictures and runs are in a backup; None where it cannot be read."""
    query = "SELECT count(*) FROM {} WHERE deleted IS NULL"
    try:
        with closing(_open(path)) as connection:
            rows = {name: connection.execute(query.format(name)).fetchone() for name in COUNTED}
            return {COUNTED[name]: int(row[0]) for name, row in rows.items()}
    except sqlite3.DatabaseError:
        return None


def _stamp(path: Path) -> datetime | None:
    """When a backup was made, from its name."""
    text = path.name.removeprefix(PREFIX).removesuffix(SUFFIX)
    try:
        return datetime.strptime(text, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
