"""Where things lie: the home folder and what is in it. It knows nothing of the database."""

from __future__ import annotations

import os
import re
from contextlib import suppress
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
    def backups(self) -> Path:
        return self.home / "backups"

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
        """Make every folder that is not there yet, and close the home to other users.

        Raises:
            WorkspaceError: the home cannot be written to.
        """
        try:
            for folder in (self.pictures, self.runs, self.features, self.logs):
                folder.mkdir(parents=True, exist_ok=True)
            _keep_private(self)
        except OSError as problem:
            raise WorkspaceError(
                f"Graft cannot write to its folder {self.home} ({problem.strerror or problem}).",
                "Free some space or mend the rights of that folder, "
                "or set GRAFT_HOME to a folder that you may write to.",
            ) from problem


def write_privately() -> None:
    """Let what this program writes from now on be read by its own user alone."""
    os.umask(0o077)


def _keep_private(layout: Layout) -> None:
    """Take a home from all other users of the computer, also one that was open to them before.

    Only what is Graft's own: a home may lie where somebody keeps other things. The home itself is
    closed last, so that a start that was cut short is gone on with.
    """
    if os.name != "posix" or not layout.home.stat().st_mode & 0o077:
        return
    for folder in (layout.pictures, layout.runs, layout.cache, layout.logs, layout.backups):
        for inside, _, files in os.walk(folder, topdown=False):
            for name in files:
                _give_mode(Path(inside) / name, 0o600)
            _give_mode(Path(inside), 0o700)
    for pattern in ("graft.db*", "*.lock", "*.pid"):
        for path in layout.home.glob(pattern):
            _give_mode(path, 0o600)
    _give_mode(layout.home, 0o700)


def _give_mode(path: Path, mode: int) -> None:
    # a link leads elsewhere; a file of somebody else, or one that is gone meanwhile, is not ours
    with suppress(OSError):
        if not path.is_symlink():
            path.chmod(mode)


def find_home() -> Path:
    """The home folder: `GRAFT_HOME` where it is set, else the user's data folder, absolute."""
    chosen = os.environ.get("GRAFT_HOME", "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_data_path("graft", appauthor=False)
