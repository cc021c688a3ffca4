"""The pictures beside a table, with what it says of them: for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tlcore.errors import GraftError
from tlcore.images.intake.sources import Source, from_folder
from tlcore.images.intake.tables.table_intake import with_table
from tlcore.images.intake.tables.table_reading import match_guess, read_guess

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".json")


@dataclass(frozen=True)
class TablePictures:
    """`sources` are the pictures that the table names, `names` those of all files beside it."""

    sources: list[Source]
    names: list[str]
    notes: list[str]


def is_table(path: Path) -> bool:
    """Whether a path is a file that may be a table."""
    return path.suffix.lower() in TABLES and path.is_file()


def beside_table(path: Path) -> TablePictures:
    """The pictures beside a table or below it, under the table's first label.

    Raises:
        GraftError: the table cannot be read, names no label, or fits no picture.
    """
    files = [source for source in from_folder(path.parent) if not source.name.endswith(path.name)]
    names = [source.name for source in files]
    guess = read_guess(path.read_bytes(), path.name, names)
    matching, notes = match_guess(guess, names)
    if not matching.rows or not guess.roles.answers:
        raise GraftError(
            f"The table {path.name!r} fits no picture beside it. {notes[0]}",
            "It takes a column with file names and one with labels, and the pictures in the same "
            "folder or below it.",
        )
    if matching.without_picture:
        notes.append(f"{len(matching.without_picture)} rows of the table fit no picture.")
    if matching.unsure:
        notes.append(f"{len(matching.unsure)} rows of the table fit several pictures, or disagree.")
    if matching.unknown_splits:
        words = ", ".join(f"“{word}”" for word in matching.unknown_splits[:5])
        notes.append(f"No known split: {words}. Graft divides those pictures itself.")
    rows = {names[position]: row for position, row in matching.rows.items()}
    columns = {guess.roles.answers[0]: 0}
    return TablePictures(list(with_table(files, rows, columns, others=False)), names, notes)
