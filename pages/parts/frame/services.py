"""The workspace and the engine of this server, opened when they are first needed."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from tlcore.jobs.background import Background
from tlcore.jobs.local import LocalEngine
from tlcore.training.endings import TRAINING_ENDINGS
from tlcore.workspace import Workspace

# What the workers import at once, so that the first click does not wait for it.
PRELOAD = (
    "tlcore.classifier.tasks",
    "tlcore.training.trial.tasks",
    "tlcore.results.score.tasks",
    "tlcore.backbones.tasks",
    "tlcore.quality.tasks",
    "tlcore.quality.probe.tasks",
    "tlcore.serving.tasks",
)


@dataclass(frozen=True)
class Services:
    """What pages use: `workspace` to read and write, `engine` to run tasks in the workers.

    `background` runs those that outlive the page which starts them.
    """

    workspace: Workspace
    engine: LocalEngine
    background: Background

    @classmethod
    def open(cls, home: Path | None = None) -> Services:
        """Open the workspace in `home` (see `Workspace.open_checked`) and start the workers.

        Raises GraftError when the workspace cannot be opened or another server holds it.
        """
        workspace = Workspace.open_checked(home)
        try:
            engine = LocalEngine(workspace, preload=PRELOAD, endings=TRAINING_ENDINGS)
            engine.start()
        except BaseException:
            workspace.close()
            raise
        return cls(workspace, engine, Background(engine))

    def close(self) -> None:
        """End the workers and let go of the database."""
        self.background.close()
        try:
            self.engine.close()
        finally:
            self.workspace.close()


_lock = threading.Lock()
_services: Services | None = None


def services() -> Services:
    """The server's services; the first call opens them. Raises GraftError as `Services.open`."""
    global _services
    with _lock:
        if _services is None:
            _services = Services.open()
        return _services


def close_services() -> None:
    """Close the server's services; a later `services()` opens them again."""
    global _services
    with _lock:
        if _services is not None:
            _services.close()
        _services = None
