"""The workspace: one home folder with its database and its files, and everything in them."""

from __future__ import annotations

import os
from pathlib import Path

from tlcore.workspace.database import Database
from tlcore.workspace.examples.examples import Examples
from tlcore.workspace.examples.history import History
from tlcore.workspace.examples.labels import Labels
from tlcore.workspace.paths import Layout, find_home
from tlcore.workspace.pictures import Pictures
from tlcore.workspace.projects import Projects
from tlcore.workspace.runs import Runs
from tlcore.workspace.tokens import Tokens


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
        layout = Layout(find_home() if home is None else Path(home).absolute())
        layout.make()
        url = os.environ.get("GRAFT_DATABASE_URL", "").strip()
        url = url or f"sqlite:///{layout.database.as_posix()}"
        return cls(layout, Database.open(url, lock=layout.home / "opening.lock"))

    @property
    def home(self) -> Path:
        """The folder that holds all of it."""
        return self.layout.home

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
