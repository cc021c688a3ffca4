"""Brings what an older Graft wrote up to date, when its workspace is opened: once for each number.

New tables are made elsewhere; here stands what changes in the rows of old ones.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from tlcore.workspace.schema import RunRow

# Where the tasks that a run can name stood before, and where they stand now: text, no imports.
# Whoever moves such a task adds a line, and raises `schema.NUMBER` and the number below.
MOVED_TASKS = {
    "tlcore.results.tasks": "tlcore.results.score.tasks",
}
MOVED = 4  # the number of the first schema whose runs name tasks by where they stand now


def upgrade(connection: Connection, number: int) -> None:
    """Bring the rows of a database of schema `number` up to date."""
    if number < MOVED:
        _rename_tasks(connection)


def task_now(function: str) -> str:
    """A task, as "module:function", by its present name."""
    module, colon, name = function.partition(":")
    return f"{MOVED_TASKS.get(module, module)}{colon}{name}"


def _rename_tasks(connection: Connection) -> None:
    for function in connection.scalars(select(RunRow.function).distinct()).all():
        if (present := task_now(function)) != function:
            connection.execute(
                update(RunRow).where(RunRow.function == function).values(function=present)
            )
