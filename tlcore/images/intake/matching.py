"""Which row of a table belongs to which picture, told before anything is written.

Names fit when they are the same path, or one path ends in the other, or the names without their
endings are the same; where that could be more than one picture, it is none.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tlcore.images.intake.tables import Roles, Table, split_of
from tlcore.workspace.records import Split

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """What a table says of one picture. `answers`: column → word; empty cells are left out."""

    file: str
    answers: Mapping[str, str]
    split: Split | None = None
    group: str | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Matching:
    """`said`: position of a picture → what the table says of it.

    `without_picture` are rows (by the name they give) that fit no picture; `unsure` fit several,
    or several rows that disagree fit one picture; `without_row` are positions of pictures that no
    row speaks of. `unknown_splits` are words that are no split.
    """

    said: Mapping[int, Said]
    without_picture: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    without_row: tuple[int, ...] = ()
    unknown_splits: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def match(table: Table, roles: Roles, names: Sequence[str]) -> Matching:
    """Match the rows of a table with the pictures of these names."""
    index = _index(names)
    found: dict[int, list[Said]] = defaultdict(list)
    missing: dict[str, None] = {}
    unsure: dict[str, None] = {}
    for said in _rows(table, roles):
        fits = _fitting(said.file, index)
        if not fits:
            missing[said.file] = None
        elif len(fits) > 1:
            unsure[said.file] = None
        else:
            found[fits[0]].append(said)
    agreed: dict[int, Said] = {}
    for position, some in found.items():
        if all(_same(one, some[0]) for one in some):
            agreed[position] = some[0]
        else:
            unsure.update(dict.fromkeys(one.file for one in some))
    spoken = set(found)
    return Matching(
        said=dict(sorted(agreed.items())),
        without_picture=tuple(missing),
        unsure=tuple(unsure),
        without_row=tuple(n for n in range(len(names)) if n not in spoken),
        unknown_splits=_unknown_splits(table, roles),
        labels={
            column: tuple(
                dict.fromkeys(s.answers[column] for s in agreed.values() if column in s.answers)
            )
            for column in roles.answers
        },
    )


def _rows(table: Table, roles: Roles) -> Iterator[Said]:
    columns = [table.column(name) for name in (roles.file, roles.split, roles.group, roles.domain)]
    answers = [table.column(name) for name in roles.answers]
    for place, (file, split, group, domain) in enumerate(zip(*columns, strict=True)):
        if not file:
            continue
        word = split_of(split)
        given = {
            name: cells[place]
            for name, cells in zip(roles.answers, answers, strict=True)
            if cells[place]
        }
        yield Said(file, given, Split(word) if word else None, group or None, domain or None)


def _same(one: Said, other: Said) -> bool:
    return (one.answers, one.split, one.group, one.domain) == (
        other.answers,
        other.split,
        other.group,
        other.domain,
    )


def _unknown_splits(table: Table, roles: Roles) -> tuple[str, ...]:
    words = dict.fromkeys(cell for cell in table.column(roles.split) if cell)
    return tuple(word for word in words if split_of(word) is None)


def _parts(name: str) -> Parts:
    clean = unicodedata.normalize("NFC", name).replace("\\", "/").casefold()
    return tuple(part for part in clean.split("/") if part not in ("", "."))


def _bare(parts: Parts) -> Parts:
    """The last name without its ending."""
    stem, dot, ending = parts[-1].rpartition(".")
    return (*parts[:-1], stem if dot and stem and len(ending) <= 5 else parts[-1])


def _index(names: Sequence[str]) -> dict[Parts, list[int]]:
    """Every end of every path → positions; whole paths under ("/", …), bare ends under ("", …)."""
    index: dict[Parts, list[int]] = defaultdict(list)
    for position, name in enumerate(names):
        parts = _parts(name)
        index["/", *parts].append(position)
        for start in range(len(parts)):
            index[parts[start:]].append(position)
            index[("", *_bare(parts[start:]))].append(position)
    return index


def _fitting(file: str, index: Mapping[Parts, Sequence[int]]) -> Sequence[int]:
    """Positions that the longest end of this name fits, first with its ending, then without."""
    parts = _parts(file)
    if not parts:
        return []
    if whole := index.get(("/", *parts)):
        return whole
    for start in range(len(parts)):
        if found := index.get(parts[start:]):
            return found
    for start in range(len(parts)):
        if found := index.get(("", *parts[start:])) or index.get(("", *_bare(parts[start:]))):
            return found
    return []
