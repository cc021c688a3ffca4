"""Where things lie: the home folder and what is in it. It knows nothing of the database."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tlcore.errors import WorkspaceError

RUN_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class Layout:
    """The folders and files under one home."""

    home: Path

    @property
    def database(self) -> Path:
        return self.home / "graft.db"

    @property
    def pictures(self) -> Path:
        return self.home / "pictures"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def cache(self) -> Path:
        return self.home / "cache"

    @property
    def features(self) -> Path:
        return self.cache / "features"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def run(self, run_id: str) -> Path:
        """The folder of one run.

        Raises:
            ValueError: `run_id` is not an id of ours, so it must not become a path.
        """
        if not RUN_ID.fullmatch(run_id):
            raise ValueError(f"not a run id: {run_id!r}")
        return self.runs / run_id

    def make(self) -> None:
        """Make every folder that is not there yet.

        Raises:
            WorkspaceError: the home cannot be written to.
        """
        try:
            for folder in (self.pictures, self.runs, self.features, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise WorkspaceError(
                f"Graft cannot write to its folder {self.home} ({problem.strerror or problem}).",
                "Free some space or mend the rights of that folder, "
                "or set GRAFT_HOME to a folder that you may write to.",
            ) from problem


def find_home() -> Path:
    """The home folder: `GRAFT_HOME` where it is set, else the user's data folder, absolute."""
    chosen = os.environ.get("GRAFT_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_data_path("graft", appauthor=False)
