"""A workspace for one command: pictures that are read for it are gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tlcore.workspace import Workspace


@contextmanager
def temporary_workspace() -> Iterator[Workspace]:
    """An empty workspace in a folder of its own, which is deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="graft-", ignore_cleanup_errors=True) as folder:
        workspace = Workspace.open(Path(folder))
        try:
            yield workspace
        finally:
            workspace.close()
