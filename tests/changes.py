"""Changes of stored examples for tests, carried out as intake does: without an entry to undo."""

from __future__ import annotations

from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Change, Replace


def change(workspace: Workspace, *changes: Change) -> None:
    """Carry these out; all are of examples of one project."""
    first = changes[0]
    example = first.id if isinstance(first, Replace) else first.ids[0]
    workspace.history.write(workspace.examples.get(example).project_id, changes)
