"""A folder (or a zip) on this computer as a project: the way in for the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tlcore.errors import GraftError
from tlcore.images.intake.archive import from_zip
from tlcore.images.intake.beside_table import beside_table, is_table
from tlcore.images.intake.ingest import Progress, ingest
from tlcore.images.intake.report import IngestReport
from tlcore.images.intake.sources import Source, from_folder
from tlcore.workspace import Workspace
from tlcore.workspace.records import Project


@dataclass(frozen=True)
class FolderRead:
    """The project that a folder became, and what came in."""

    project: Project
    report: IngestReport


def read_folder(
    path: Path | str, *, workspace: Workspace, on_progress: Progress | None = None
) -> FolderRead:
    """Read a folder whose subfolders are labels, a zip of one, or a table, into a new project.

    What was understood of a table stands first in the notes of the report.

    Raises:
        GraftError: there is no such folder, no picture in it could be read, or the table fits no
            picture.
        ArchiveRefused: the zip is refused whole.
    """
    where = Path(path).expanduser()
    if is_table(where):
        pictures = beside_table(where)
        read = _take(where, pictures.sources, workspace, on_progress)
        read.report.notes[:0] = pictures.notes
        return read
    if where.is_file():
        with from_zip(where, disk=workspace.home) as archive:
            return _take(where, archive, workspace, on_progress)
    return _take(where, from_folder(where), workspace, on_progress)


def _take(
    where: Path, sources: Iterable[Source], workspace: Workspace, on_progress: Progress | None
) -> FolderRead:
    project = workspace.projects.create(_name(where))
    report = ingest(workspace, project.id, sources, on_progress=on_progress)
    if not report.accepted:
        workspace.projects.delete(project.id)
        raise GraftError(
            f"No picture came in from {str(where)!r}." + _first_reason(report),
            "Give a folder with one subfolder of pictures per label.",
        )
    return FolderRead(project, report)


def _name(path: Path) -> str:
    """A project name that any folder allows: its own name where it can be one."""
    shown = "".join(c for c in path.resolve().stem if c.isprintable())[:80].strip()
    return shown or "Pictures"


def _first_reason(report: IngestReport) -> str:
    if not report.refused:
        return ""
    first = report.refused[0]
    return f" The first of {len(report.refused)} refused files is {first.name!r}: {first.reason}"
