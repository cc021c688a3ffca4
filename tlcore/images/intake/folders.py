"""A folder (or a zip) on this computer as a project: the way in for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tlcore.errors import GraftError
from tlcore.images.intake.archive import from_zip
from tlcore.images.intake.ingest import Progress, ingest
from tlcore.images.intake.layout.understanding import OnUnderstood, Understanding, understanding_of
from tlcore.images.intake.report import IngestReport
from tlcore.images.intake.sources import Sources, from_folder
from tlcore.images.intake.tables.beside_table import beside_table, is_table
from tlcore.workspace import Workspace
from tlcore.workspace.records import Project


@dataclass(frozen=True)
class FolderRead:
    """The project that a folder became, what was understood of it, and what came in."""

    project: Project
    report: IngestReport
    understanding: Understanding


@contextmanager
def opened(path: Path, workspace: Workspace, level: int | None = None) -> Iterator[Sources]:
    """The pictures of a folder, a zip or a table, with what was understood of it.

    Args:
        path: of the folder, zip or table.
        workspace: the one that will hold the pictures; its disk must have room for them.
        level: which level of folders is the label, from 1 as people count; None to find out.

    Raises:
        GraftError: there is no such folder or level, or the table fits no picture.
        ArchiveRefused: the zip is refused whole.
    """
    where = path.expanduser()
    if is_table(where):
        if level is not None:
            raise GraftError(
                "A table says the labels here, and no folder.", "Leave the level of folders out."
            )
        pictures = beside_table(where)
        yield Sources(pictures.sources, notes=pictures.notes)
    elif where.is_file():
        with from_zip(where, level=level, disk=workspace.home) as archive:
            yield Sources(archive, archive.arrangement)
    else:
        yield from_folder(where, level=level)


def read_folder(
    path: Path | str,
    *,
    workspace: Workspace,
    level: int | None = None,
    on_understood: OnUnderstood | None = None,
    on_progress: Progress | None = None,
) -> FolderRead:
    """Read a folder whose subfolders are labels, a zip of one, or a table, into a new project.

    What was understood of a table stands first in the notes of the report.

    Args:
        level: which level of folders is the label, from 1 as people count; None to find out.
        on_understood: called with what the folders say before any picture is opened.

    Raises:
        GraftError: there is no such folder or level, no picture in it could be read, or the
            table fits no picture.
        ArchiveRefused: the zip is refused whole.
    """
    where = Path(path).expanduser()
    with opened(where, workspace, level) as sources:
        understanding = understanding_of(sources, sources.arrangement)
        if on_understood is not None:
            on_understood(understanding)
        read = _take(where, sources, understanding, workspace, on_progress)
        read.report.notes[:0] = sources.notes
        return read


def _take(
    where: Path,
    sources: Sources,
    understanding: Understanding,
    workspace: Workspace,
    on_progress: Progress | None,
) -> FolderRead:
    project = workspace.projects.create(_name(where))
    report = ingest(workspace, project.id, sources, on_progress=on_progress)
    if not report.accepted:
        workspace.projects.delete(project.id)
        raise GraftError(
            f"No picture came in from {str(where)!r}." + _first_reason(report),
            "Give a folder with one subfolder of pictures per label.",
        )
    return FolderRead(project, report, understanding)


def _name(path: Path) -> str:
    """A project name that any folder allows: its own name where it can be one."""
    shown = "".join(c for c in path.resolve().stem if c.isprintable())[:80].strip()
    return shown or "Pictures"


def _first_reason(report: IngestReport) -> str:
    if not report.refused:
        return ""
    first = report.refused[0]
    return f" The first of {len(report.refused)} refused files is {first.name!r}: {first.reason}"
