"""Which row of a table belongs to which picture, known before anything is written.

Names fit when they are the same path, or one path ends in the other, or the names without their
endings are the same, or both are the same whole number (1 and 0001.jpg); where that could be more
than one picture, it is none. Labels that differ in case or blanks alone are one label.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tlcore.images.intake.tables.column_roles import Roles, split_meanings
from tlcore.images.intake.tables.picture_names import whole_number
from tlcore.images.intake.tables.table import Table
from tlcore.workspace.names import joining_key
from tlcore.workspace.records import Split

Parts = tuple[str, ...]


@dataclass(frozen=True)
class TableRow:
    """What a table says of one picture. `answers`: column → word; empty cells are left out."""

    file: str
    answers: Mapping[str, str]
    split: Split | None = None
    group: str | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Matching:
    """`rows`: position of a picture → the row that speaks of it.

    `without_picture` are rows (by the name they give) that fit no picture; `unsure` fit several,
    or several rows that disagree fit one picture; `without_row` are positions of pictures that no
    row speaks of. `unknown_splits` are words that are no split.
    """

    rows: Mapping[int, TableRow]
    without_picture: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    without_row: tuple[int, ...] = ()
    unknown_splits: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def match(table: Table, roles: Roles, names: Sequence[str]) -> Matching:
    """Match the rows of a table with the pictures of these names."""
    index = _index(names)
    fitting: dict[int, list[TableRow]] = defaultdict(list)
    missing: dict[str, None] = {}
    unsure: dict[str, None] = {}
    for row in _rows(table, roles):
        positions = _positions(row.file, index)
        if not positions:
            missing[row.file] = None
        elif len(positions) > 1:
            unsure[row.file] = None
        else:
            fitting[positions[0]].append(row)
    agreed: dict[int, TableRow] = {}
    for position, rows in fitting.items():
        if all(_agree(row, rows[0]) for row in rows):
            agreed[position] = rows[0]
        else:
            unsure.update(dict.fromkeys(row.file for row in rows))
    return Matching(
        rows=dict(sorted(agreed.items())),
        without_picture=tuple(missing),
        unsure=tuple(unsure),
        without_row=tuple(n for n in range(len(names)) if n not in fitting),
        unknown_splits=_unknown_splits(table, roles),
        labels={
            column: tuple(
                dict.fromkeys(
                    row.answers[column] for row in agreed.values() if column in row.answers
                )
            )
            for column in roles.answers
        },
    )


def _rows(table: Table, roles: Roles) -> Iterator[TableRow]:
    columns = [table.column(name) for name in (roles.file, roles.split, roles.group, roles.domain)]
    answers = []
    for column in (table.column(name) for name in roles.answers):
        spelling = spellings(column)
        answers.append([spelling[cell] for cell in column])
    meanings = split_meanings(roles.split or "", columns[1])
    for place, (file, split, group, domain) in enumerate(zip(*columns, strict=True)):
        if not file:
            continue
        word = meanings.get(split)
        given = {
            name: cells[place]
            for name, cells in zip(roles.answers, answers, strict=True)
            if cells[place]
        }
        yield TableRow(file, given, Split(word) if word else None, group or None, domain or None)


def spellings(cells: Sequence[str]) -> dict[str, str]:
    """Each word → the most frequent of those that differ from it in case or blanks alone."""
    words = Counter(cells)
    frequent: dict[str, str] = {}
    for word, _ in words.most_common():
        frequent.setdefault(joining_key(word), word)
    return {word: frequent[joining_key(word)] for word in words}


def _agree(first: TableRow, second: TableRow) -> bool:
    """Whether two rows say the same, whatever way they write the file's name."""
    return replace(first, file=second.file) == second


def _unknown_splits(table: Table, roles: Roles) -> tuple[str, ...]:
    words = dict.fromkeys(cell for cell in table.column(roles.split) if cell)
    meanings = split_meanings(roles.split or "", words)
    return tuple(word for word in words if word not in meanings)


def _parts(name: str) -> Parts:
    clean = unicodedata.normalize("NFC", name).replace("\\", "/").casefold()
    return tuple(part for part in clean.split("/") if part not in ("", "."))


def _bare(parts: Parts) -> Parts:
    """The last name without its ending."""
    stem, dot, ending = parts[-1].rpartition(".")
    return (*parts[:-1], stem if dot and stem and len(ending) <= 5 else parts[-1])


def _index(names: Sequence[str]) -> dict[Parts, list[int]]:
    """Every end of every path → positions.

    Whole paths stand under ("/", …), bare ends under ("", …), whole numbers under ("#", …).
    """
    index: dict[Parts, list[int]] = defaultdict(list)
    for position, name in enumerate(names):
        parts = _parts(name)
        index["/", *parts].append(position)
        for start in range(len(parts)):
            index[parts[start:]].append(position)
            index[("", *_bare(parts[start:]))].append(position)
        number = whole_number(name)
        if number is not None:
            index["#", str(number)].append(position)
    return index


def _positions(file: str, index: Mapping[Parts, Sequence[int]]) -> Sequence[int]:
    """Positions that the longest end of this name fits, first with its ending, then without."""
    parts = _parts(file)
    if not parts:
        return []
    if whole := index.get(("/", *parts)):
        return whole
    for start in range(len(parts)):
        if positions := index.get(parts[start:]):
            return positions
    for start in range(len(parts)):
        bare = index.get(("", *parts[start:])) or index.get(("", *_bare(parts[start:])))
        if bare:
            return bare
    number = whole_number(file)
    return [] if number is None else index.get(("#", str(number)), [])
