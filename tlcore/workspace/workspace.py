"""The workspace: one home folder with its database and its files, and everything in them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from tlcore.errors import DatabaseDamaged, WorkspaceError
from tlcore.workspace.backups import Backups, damage_of
from tlcore.workspace.database import Database
from tlcore.workspace.examples.examples import Examples
from tlcore.workspace.examples.history import History
from tlcore.workspace.examples.labels import Labels
from tlcore.workspace.paths import Layout, find_home
from tlcore.workspace.pictures import Pictures
from tlcore.workspace.projects import Projects
from tlcore.workspace.runs import Runs
from tlcore.workspace.tokens import Tokens


def backups_of(layout: Layout) -> Backups:
    """The backups of the database file in a home."""
    return Backups(layout.database, layout.backups)


def _layout(home: Path | None) -> Layout:
    return Layout(find_home() if home is None else Path(home).absolute())


def _foreign_database() -> str:
    """The address of a database that somebody else keeps, and backs up; "" for our own file."""
    return os.environ.get("GRAFT_DATABASE_URL", "").strip()


class Workspace:
    """What one installation of Graft knows. Safe for many threads and several processes."""

    def __init__(self, layout: Layout, database: Database) -> None:
        self._database = database
        self.layout = layout
        self.pictures = Pictures(layout.pictures)
        self.projects = Projects(database)
        self.labels = Labels(database)
        self.examples = Examples(database)
        self.history = History(database)
        self.runs = Runs(database, layout)
        self.tokens = Tokens(database)

    @classmethod
    def open(cls, home: Path | None = None) -> Workspace:
        """Open the workspace in `home`, making it if there is none.

        Without `home`: `GRAFT_HOME`, else the user's data folder. `GRAFT_DATABASE_URL` names
        another database than the file in the home.

        Raises:
            WorkspaceError: it cannot be read or written, or a newer Graft wrote it.
        """
        layout = _layout(home)
        layout.make()
        url = _foreign_database() or f"sqlite:///{layout.database.as_posix()}"
        database = Database.open(
            url,
            lock=layout.home / "opening.lock",
            before_upgrade=backups_of(layout).make,
        )
        return cls(layout, database)

    @classmethod
    def open_checked(cls, home: Path | None = None) -> Workspace:
        """Open as a server does: look first whether the file is sound, and back it up once a day.

        Raises:
            DatabaseDamaged: it is not; `backups_of` tells what could be put back.
            WorkspaceError: as `open`.
        """
        layout = _layout(home)
        ours = not _foreign_database()
        if ours and layout.database.exists() and (damage := damage_of(layout.database)):
            raise DatabaseDamaged(
                f"The database of Graft is damaged ({damage[:200]}).",
                "Put a backup in its place, if there is one below. Pictures and classifiers are "
                "files of their own and are still there.",
            )
        workspace = cls.open(home)
        if ours:
            # a full disk must not keep anybody from what is there
            with suppress(WorkspaceError):
                backups_of(layout).make_daily()
        return workspace

    @property
    def home(self) -> Path:
        """The folder that holds all of it."""
        return self.layout.home

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
