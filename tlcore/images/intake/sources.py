"""Where pictures come from: files, a folder, a browser's folder. A source's name is text, no path.

What the folders over a picture mean is found out in `arrangement`. Nothing is read here; every
source is read when its turn comes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlcore.errors import GraftError, PictureRefused
from tlcore.images.intake.layout.arrangement import Arrangement, arrangement_of, counts, path_parts
from tlcore.workspace.records import Split

MAX_FILE_BYTES = 500_000_000  # more than 100 megapixels need, in any of the formats


@dataclass(frozen=True)
class Source:
    """One picture to be read. `split` and `group` are None where Graft is to find them.

    `read` returns the bytes of the file and may raise PictureRefused or OSError. `answers` are
    those to further questions: a question's id and the name of one of its labels.
    """

    name: str
    read: Callable[[], bytes]
    label: str | None = None
    split: Split | None = None
    group: str | None = None
    domain: str | None = None
    answers: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Placed:
    """What a file's place in its folder says about it; `position` counts in what was given."""

    position: int
    name: str
    label: str | None
    split: Split | None
    domain: str | None = None


class Sources(list[Source]):
    """Sources, with what was understood of the folders over them, or notes of a table."""

    def __init__(
        self,
        sources: Iterable[Source],
        arrangement: Arrangement | None = None,
        notes: Iterable[str] = (),
    ) -> None:
        super().__init__(sources)
        self.arrangement = arrangement
        self.notes = tuple(notes)


def from_files(
    files: Iterable[tuple[str, bytes | Callable[[], bytes]]],
    *,
    label: str | None = None,
    split: Split | None = None,
    group: str | None = None,
    domain: str | None = None,
) -> list[Source]:
    """Pairs of (name, bytes or what reads them), all under one label.

    Frames of one burst get one `group`, so that they stay in one split.
    """
    return [Source(name, _reader(content), label, split, group, domain) for name, content in files]


def from_paths(files: Iterable[tuple[str, bytes | Callable[[], bytes]]]) -> Sources:
    """Pairs of (relative path, bytes or what reads them), as a browser uploads a folder."""
    given = list(files)
    names = [name for name, _ in given]
    arrangement = arrangement_of(names)
    placed = place(names, arrangement)
    sources = (source_of(item, _reader(given[item.position][1])) for item in placed)
    return Sources(sources, arrangement)


def from_folder(path: Path | str, *, level: int | None = None, masks: bool = True) -> Sources:
    """Every file below a folder of this computer, in the order of their names.

    Links that lead out of the folder are not followed, links to folders never.

    Args:
        path: the folder.
        level: which level of folders is the label, from 1 as people count; None to find out.
        masks: set masks of pictures beside them aside; else they are files like all others.

    Raises:
        GraftError: there is no such folder or level, or the folder cannot be read.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise GraftError(f"There is no folder {str(path)!r} here.", "Check its name and try again.")
    root = root.resolve()
    files = _files_below(root)
    names = [file.relative_to(root).as_posix() for file in files]
    arrangement = arrangement_of(names, masks=masks)
    if level is not None:
        arrangement = arrangement.at_level(level)
    return Sources(
        (
            source_of(item, lambda file=files[item.position]: read_file(file))  # type: ignore[misc]
            for item in place(names, arrangement)
        ),
        arrangement,
    )


def place(paths: Sequence[str], arrangement: Arrangement | None = None) -> list[Placed]:
    """Label, split and place of each path; hidden and system files and masks are left out.

    Without an `arrangement` it is found out from these paths.
    """
    arrangement = arrangement or arrangement_of(paths)
    every = [(position, path_parts(path)) for position, path in enumerate(paths)]
    return [
        _placed(position, parts, arrangement)
        for position, parts in every
        if counts(parts) and parts not in arrangement.masks
    ]


def _placed(position: int, parts: tuple[str, ...], arrangement: Arrangement) -> Placed:
    if parts in arrangement.covers or len(parts) <= arrangement.skipped:
        return Placed(position, parts[-1], None, None)
    below = parts[arrangement.skipped :]
    return Placed(
        position,
        "/".join(below),
        arrangement.label_of(below),
        arrangement.split_of(below),
        arrangement.place_of(below),
    )


def read_file(path: Path) -> bytes:
    """The bytes of a file; PictureRefused where it is too large for a picture."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise file_too_large(size)
    return path.read_bytes()


def file_too_large(size: int) -> PictureRefused:
    """The refusal of a file of `size` bytes."""
    return PictureRefused(
        f"The file has {size / 1e6:,.0f} MB; the limit is {MAX_FILE_BYTES // 1_000_000} MB.",
        "Make the picture smaller, then add it again.",
        "too_large",
    )


def source_of(item: Placed, read: Callable[[], bytes]) -> Source:
    """The source of a placed file."""
    return Source(item.name, read, item.label, item.split, domain=item.domain)


def _reader(content: bytes | Callable[[], bytes]) -> Callable[[], bytes]:
    return (lambda: content) if isinstance(content, bytes) else content


def _files_below(root: Path) -> list[Path]:
    files: list[Path] = []

    def complain(error: OSError) -> None:
        raise GraftError(
            f"The folder {error.filename!r} cannot be read.", "Check that you may open it."
        ) from error

    for folder, folders, names in os.walk(root, onerror=complain, followlinks=False):
        folders[:] = sorted(name for name in folders if counts((name,)))
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_symlink() and not file.resolve().is_relative_to(root):
                continue
            if file.is_file():
                files.append(file)
    return files
