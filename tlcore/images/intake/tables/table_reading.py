"""One reading of a table for the page and the command line: columns, rows, and words about both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tlcore.images.intake.tables.column_roles import Roles, guess_roles
from tlcore.images.intake.tables.indicators import join_indicators
from tlcore.images.intake.tables.matching import Matching, match, spellings
from tlcore.images.intake.tables.table import Table
from tlcore.images.intake.tables.tables import read_table

SEVERAL = ("|", ";", ", ")  # what divides several values in one cell
SHOWN = 8  # labels and columns that a line names


@dataclass(frozen=True)
class TableGuess:
    """A table and what its columns seem to say; `joined` are columns of 0 and 1, made into one."""

    name: str
    table: Table
    roles: Roles
    joined: tuple[str, ...] = ()


def read_guess(data: bytes, name: str, pictures: Sequence[str]) -> TableGuess:
    """Read a table that speaks of pictures of these names.

    Raises:
        GraftError: no such kind of file, damaged, empty or too large.
    """
    table = read_table(data, name, pictures)
    guess = guess_roles(table, pictures)
    table, roles, joined = join_indicators(table, guess)
    return TableGuess(name, table, roles, joined)


def match_guess(guess: TableGuess, pictures: Sequence[str]) -> tuple[Matching, list[str]]:
    """Match the rows, and say in a few lines what was understood."""
    matching = match(guess.table, guess.roles, pictures)
    return matching, [understood(guess, guess.roles, matching), *doubts(guess, guess.roles)]


def understood(guess: TableGuess, roles: Roles, matching: Matching) -> str:
    """One line: which column is the file, the label, the split and the group."""
    sheet = f", sheet “{guess.table.sheet}”" if guess.table.sheet else ""
    parts = [f"files in “{roles.file}”", *_labels(guess, roles, matching)]
    for words, column in (
        ("splits", roles.split), ("groups", roles.group), ("where from", roles.domain),
    ):  # fmt: skip
        parts += [f"{words} in “{column}”"] if column else []
    used = {roles.file, *roles.answers, roles.split, roles.group, roles.domain, *guess.joined}
    rest = [column for column in guess.table.columns if column not in used]
    unused = f" Not used: {_listed(rest)}." if rest else ""
    return f"Table “{guess.name}”{sheet}: {'; '.join(parts)}.{unused}"


def doubts(guess: TableGuess, roles: Roles) -> Iterator[str]:
    """What a person should know besides: spellings that were joined, several values in a cell."""
    for column in roles.answers:
        cells = guess.table.column(column)
        joined = [(word, label) for word, label in spellings(cells).items() if word != label]
        if joined:
            yield _listed([f"“{word}” is taken as “{label}”" for word, label in joined]) + "."
        sign = several_sign(cells)
        if sign:
            rows = sum(sign in cell for cell in cells)
            example = next(cell for cell in cells if sign in cell)
            yield (
                f"In “{column}”, {rows:,} of {len(cells):,} rows hold several labels "
                f"(“{example}”). Each combination counts as a label of its own."
            )


def several_sign(cells: Iterable[str]) -> str | None:
    """The sign that divides several values in the cells of a column; None where it holds single
    ones.

    The parts must come back in other cells: “melanoma, in situ” alone is one value.
    """
    words = set(cells)
    for sign in SEVERAL:
        divided = [word for word in words if sign in word]
        parts = Counter(part.strip() for word in words for part in word.split(sign))
        if divided and all(
            sum(parts[part.strip()] > 1 for part in word.split(sign)) > 1 for word in divided[:50]
        ):
            return sign
    return None


def _labels(guess: TableGuess, roles: Roles, matching: Matching) -> Iterator[str]:
    if not roles.answers:
        yield "no labels"
    for column in roles.answers:
        counts = Counter(
            row.answers[column] for row in matching.rows.values() if column in row.answers
        )
        labels = _listed([f"{label} {number:,}" for label, number in counts.most_common()])
        where = f"labels in “{column}”"
        if guess.joined and column == guess.table.columns[-1]:
            where = f"labels in the columns {_listed(guess.joined)} (a 1 in each)"
        yield f"{where} ({labels})" if labels else where


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
