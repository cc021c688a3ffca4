"""The cells of a text file, divided by commas, semicolons, tabs, bars or blanks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from tlcore.errors import GraftError
from tlcore.images.intake.tables.picture_names import KnownNames, names_a_picture

SEPARATORS = (",", ";", "\t", "|")
LINES_READ = 50  # so many lines show how the columns are divided


def read_delimited(data: bytes, known: KnownNames) -> Iterator[list[str]]:
    """The rows of a text file, as they stand.

    Raises:
        GraftError: a cell is too long, or its quotes are never closed.
    """
    text = decoded(data)
    if _divided_by_blanks(text, known):
        yield from (line.split() for line in text.splitlines())
        return
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    except csv.Error as error:
        raise GraftError(
            f"The table cannot be read ({error}).", "Save it again as CSV (UTF-8)."
        ) from error


def decoded(data: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, else the old Western code page, which reads anything."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _separator(text: str) -> str:
    """The sign that divides most lines into as many cells as the first has; of equals the most."""
    lines = _head(text)

    def evenness(separator: str) -> tuple[float, int]:
        counts = [len(line) for line in _divided(lines, separator)]
        if not counts or counts[0] < 2:
            return 0.0, 0
        return sum(count == counts[0] for count in counts) / len(counts), counts[0]

    return max(SEPARATORS, key=evenness)


def _divided(lines: Sequence[str], separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        return []


def _divided_by_blanks(text: str, known: KnownNames) -> bool:
    """Whether blanks alone divide the lines, evenly, with a picture's name in one of the columns.

    A list of file names with blanks in them is not divided.
    """
    lines = _head(text)
    if not lines or any(separator in lines[0] for separator in SEPARATORS):
        return False
    rows = [line.split() for line in lines]
    width = len(rows[0])
    if width < 2 or any(len(row) != width for row in rows):
        return False
    if sum(known.holds(line.strip()) for line in lines) > len(lines) / 2:
        return False
    return any(_name_pictures(column, known) for column in list(zip(*rows, strict=True)))


def _name_pictures(cells: Sequence[str], known: KnownNames) -> bool:
    """Whether a column names pictures in every row; its first cell may be a heading."""
    rows = cells[1:] or cells
    return all(names_a_picture(cell) or known.holds(cell) for cell in rows)


def _head(text: str) -> list[str]:
    lines: Iterable[str] = (line for line in io.StringIO(text) if line.strip())
    return list(islice(lines, LINES_READ))
