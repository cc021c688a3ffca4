"""Names of pictures as tables write them: with or without folders, endings and leading zeros."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PICTURE_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif",
    ".avif", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm", ".tga",
)  # fmt: skip
CELLS_READ = 1_000  # so many cells of a column show whether it names pictures

Fit = tuple[int, int, int, int]


class KnownNames:
    """The pictures that a table should speak of, by name, by bare name and by number."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        tails = {tail(name) for name in names}
        self._names = (tails | {bare(name) for name in tails}) - {""}
        self._numbers = {number for name in tails if (number := whole_number(name)) is not None}

    def holds(self, cell: str) -> bool:
        """Whether a cell is the name of a picture, with or without folders and ending."""
        return tail(cell) in self._names or bare(tail(cell)) in self._names

    def fit(self, cells: Sequence[str], words: int) -> Fit:
        """How well a column names the pictures: the larger, the better.

        Args:
            cells: the column's cells; the first thousand are read.
            words: how much its name speaks for it.
        """
        some = {cell for cell in cells[:CELLS_READ] if cell}
        hits = sum(self.holds(cell) for cell in some)
        pictures = sum(names_a_picture(cell) for cell in some)
        numbers = {number for cell in some if (number := whole_number(cell)) is not None}
        # ages and counts are small numbers too: a column's name goes before them
        return hits, pictures, words, len(numbers & self._numbers)


def names_a_picture(cell: str) -> bool:
    """Whether a cell ends as the files of pictures do."""
    return cell.lower().endswith(PICTURE_SUFFIXES)


def tail(name: str) -> str:
    """The last part of a path, in one case."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].casefold()


def bare(name: str) -> str:
    """A file's name without its ending; the whole name where that is no ending."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and len(ending) <= 5 else name


def whole_number(name: str) -> int | None:
    """The number that a file's name (0001.jpg) or a cell (1, 1.0) is; None for another name."""
    match = re.fullmatch(r"([0-9]{1,18})(\.0|\.[A-Za-z]{2,4})?", tail(name))
    return int(match[1]) if match else None
