"""Projects, examples, runs and events in a database; picture bytes and weights in files."""

from tlcore.workspace.workspace import Workspace

__all__ = [
    "Workspace",
    "backups",
    "files",
    "names",
    "paths",
    "pictures",
    "records",
    "runs",
    "tokens",
    "workspace",
]
