"""A folder (or zip, or table) checked as it lies: for the command line, which makes no project.

Import leaves out what it refuses and what it has already; a check-up of a folder names both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tlcore.errors import GraftError
from tlcore.images.intake.folders import opened
from tlcore.images.intake.ingest import Progress, as_text, ingest
from tlcore.images.intake.layout.understanding import OnUnderstood, Understanding, understanding_of
from tlcore.images.intake.report import IngestReport
from tlcore.images.intake.sources import Source, place
from tlcore.images.intake.tables.beside_table import is_table
from tlcore.quality.checkup.findings import CheckUp, Finding, Kind, in_order
from tlcore.workspace import Workspace


@dataclass
class FolderPictures:
    """A folder's pictures in a workspace of their own.

    `hashes` maps the name of every file that could be read to the SHA-256 of its bytes; `before` is
    what stands before a picture's name on the way from the folder that was given.
    """

    project: str
    report: IngestReport
    before: str = ""
    notes: list[str] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)
    understanding: Understanding | None = None


def read_pictures(
    path: Path,
    workspace: Workspace,
    on_progress: Progress | None = None,
    *,
    level: int | None = None,
    on_understood: OnUnderstood | None = None,
) -> FolderPictures:
    """Read a folder of labels, a zip of one, or a table beside its pictures, into `workspace`.

    `level` is that of the folders which are the label, from 1; None to find out. `on_understood`
    is called before any picture is opened.

    Raises:
        GraftError: there is nothing that can be read, or the table fits no picture.
        ArchiveRefused: the zip is refused whole.
    """
    project = workspace.projects.create("Pictures").id
    pictures = FolderPictures(project, IngestReport())
    where = path.expanduser()
    with opened(where, workspace, level) as sources:
        pictures.notes.extend(sources.notes)
        if where.is_dir() or is_table(where):
            folder = where if where.is_dir() else where.parent
            pictures.before = _before(folder, [source.name for source in sources])
        pictures.understanding = understanding_of(sources, sources.arrangement)
        if on_understood is not None:
            on_understood(pictures.understanding)
        heard = [_listening(source, pictures.hashes) for source in sources]
        pictures.report = ingest(workspace, project, heard, on_progress=on_progress)
    if not pictures.report.accepted:
        raise GraftError(
            f"No picture came in from {str(path)!r}.",
            "Give a folder with one subfolder of pictures per label, a zip of one, or a table.",
        )
    return pictures


def findings_of(checkup: CheckUp, pictures: FolderPictures) -> list[Finding]:
    """What the check-up found and the copies that did not come in, under names in the folder."""
    first: dict[str, str] = {}
    skipped = set(pictures.report.skipped)
    for name, sha in pictures.hashes.items():
        if name not in skipped:
            first.setdefault(sha, name)
    every = [*checkup.findings, *_again(pictures, first)]
    return [
        replace(finding, files=tuple(pictures.before + name for name in finding.files))
        for finding in in_order(every)
    ]


def _again(pictures: FolderPictures, first: dict[str, str]) -> Iterator[Finding]:
    """Files that were left out because the very same picture came in already."""
    copies: dict[str, list[str]] = {}
    for name in pictures.report.skipped:
        sha = pictures.hashes.get(name, "")
        if sha in first:
            copies.setdefault(sha, []).append(name)
    for sha, names in copies.items():
        files = (first[sha], *names)
        words = f"{len(files)} times the same picture."
        remedy = "A second copy teaches nothing new. Keep one."
        yield Finding(Kind.DUPLICATE, "same", (), files, 1.0, words, remedy)


def _listening(source: Source, hashes: dict[str, str]) -> Source:
    """The same source; the hash of its bytes is noted when they are read."""

    def read(inner: Callable[[], bytes] = source.read) -> bytes:
        data = inner()
        hashes[as_text(source.name)] = hashlib.sha256(data).hexdigest()
        return data

    return replace(source, read=read)


def _before(folder: Path, names: Sequence[str]) -> str:
    """The folders at the top that hold all others, which names of pictures leave out."""
    if not names or (folder / names[0]).exists():
        return ""
    below = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    for item in place(below):
        if item.name == names[0] and below[item.position].endswith(item.name):
            return below[item.position].removesuffix(item.name)
    return ""
