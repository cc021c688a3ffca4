"""Where pictures come from: files, a folder, a browser's folder. A source's name is text, no path.

Layout: the folder over a picture is its label, and `train`, `val` or `test` over the labels is its
split. Nothing is read here; every source is read when its turn comes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlcore.errors import GraftError, PictureRefused
from tlcore.workspace.records import Split

MAX_FILE_BYTES = 500_000_000  # more than 100 megapixels need, in any of the formats
SPLIT_WORDS = {
    "train": Split.TRAIN,
    "training": Split.TRAIN,
    "val": Split.VALIDATION,
    "valid": Split.VALIDATION,
    "validation": Split.VALIDATION,
    "test": Split.TEST,
    "testing": Split.TEST,
}
NO_PICTURES = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir"}


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


def from_paths(files: Iterable[tuple[str, bytes | Callable[[], bytes]]]) -> list[Source]:
    """Pairs of (relative path, bytes or what reads them), as a browser uploads a folder."""
    given = list(files)
    placed = place([name for name, _ in given])
    return [
        Source(item.name, _reader(given[item.position][1]), item.label, item.split)
        for item in placed
    ]


def from_folder(path: Path | str) -> list[Source]:
    """Every file below a folder of this computer, in the order of their names.

    Links that lead out of the folder are not followed, links to folders never.

    Raises:
        GraftError: there is no such folder, or it cannot be read.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise GraftError(f"There is no folder {str(path)!r} here.", "Check its name and try again.")
    root = root.resolve()
    files = _files_below(root)
    placed = place([file.relative_to(root).as_posix() for file in files])
    return [
        Source(item.name, lambda file=files[item.position]: read_file(file), item.label, item.split)  # type: ignore[misc]
        for item in placed
    ]


def place(paths: Sequence[str]) -> list[Placed]:
    """Find label and split of each relative path; hidden and system files are left out.

    One folder that holds all others is passed over, as a zip or a browser adds one. A folder
    called `train` is a split only where labels lie below such a folder: without, it is a label.
    """
    kept = [(n, parts) for n, parts in enumerate(map(_parts, paths)) if _counts(parts)]
    skip = _shared_folders([parts for _, parts in kept])
    below = [parts[skip:] for _, parts in kept]
    has_splits = any(len(parts) > 2 and parts[0].lower() in SPLIT_WORDS for parts in below)
    placed = []
    for (position, _), parts in zip(kept, below, strict=True):
        split = SPLIT_WORDS.get(parts[0].lower()) if has_splits and len(parts) > 1 else None
        folders = parts[:-1] if split is None else parts[1:-1]
        label = folders[0] if folders else None
        placed.append(Placed(position, "/".join(parts), label, split))
    return placed


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


def _reader(content: bytes | Callable[[], bytes]) -> Callable[[], bytes]:
    return (lambda: content) if isinstance(content, bytes) else content


def _parts(path: str) -> tuple[str, ...]:
    """The names along a path; empty for a folder, which is written with a slash at its end."""
    names = path.replace("\\", "/").split("/")
    return tuple(name for name in names if name not in ("", ".")) if names[-1] else ()


def _counts(parts: Sequence[str]) -> bool:
    hidden = any(part.startswith(".") or part.lower() in NO_PICTURES for part in parts)
    return bool(parts) and not hidden


def _shared_folders(paths: Sequence[Sequence[str]]) -> int:
    """How many folders at the top hold all others and say nothing."""
    skip = 0
    while paths:
        tops = {parts[skip] for parts in paths if len(parts) > skip + 1}
        alone = len(tops) == 1 and all(len(parts) > skip + 1 for parts in paths)
        more = any(len(parts) > skip + 2 for parts in paths)
        if not (alone and more) or tops.pop().lower() in SPLIT_WORDS:
            break
        skip += 1
    return skip


def _files_below(root: Path) -> list[Path]:
    files: list[Path] = []

    def complain(error: OSError) -> None:
        raise GraftError(
            f"The folder {error.filename!r} cannot be read.", "Check that you may open it."
        ) from error

    for folder, folders, names in os.walk(root, onerror=complain, followlinks=False):
        folders[:] = sorted(name for name in folders if _counts((name,)))
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_symlink() and not file.resolve().is_relative_to(root):
                continue
            if file.is_file():
                files.append(file)
    return files
