"""The one workspace and the one engine of this server, made at the first need."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from tlcore.jobs.local import LocalEngine
from tlcore.workspace import Workspace

# What the workers import before anybody asks: the first click then waits for nothing.
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
    """What pages use: `workspace` to read and write, `engine` to run and to ask."""

    workspace: Workspace
    engine: LocalEngine


_lock = threading.Lock()
_services: Services | None = None


def services() -> Services:
    """The server's services; the first call opens the workspace and starts the workers.

    Raises GraftError when the workspace cannot be opened or another server holds it.
    """
    global _services
    with _lock:
        if _services is None:
            workspace = Workspace.open()
            engine = LocalEngine(workspace, preload=PRELOAD)
            engine.start()
            _services = Services(workspace, engine)
        return _services


def close_services() -> None:
    """End the workers; a later `services()` starts afresh."""
    global _services
    with _lock:
        if _services is not None:
            _services.engine.close()
        _services = None
