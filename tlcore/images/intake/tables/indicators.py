"""Columns of 0 and 1, one per label: one 1 in every row is a label, several are tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tlcore.images.intake.tables.column_roles import (
    FALSE_WORDS,
    TRUE_WORDS,
    Roles,
    is_label_column,
    is_named,
    names_a_group,
)
from tlcore.images.intake.tables.table import Table

LABEL, TAGS = "label", "tags"  # the names of the columns that are made
FEWEST_TAGS = 3  # two columns of yes and no may be about anything
ROWS_TRIED = 500  # runs of columns that fail on these are not tried on all rows


def join_indicators(table: Table, roles: Roles) -> tuple[Table, Roles, tuple[str, ...]]:
    """The table with one column more, made of its columns of 0 and 1, and that as its label.

    Returns:
        The table, its roles, and the columns that were joined (none where nothing was).
    """
    if not _may_join(table, roles):
        return table, roles, ()
    used = {roles.file, roles.split, roles.group, roles.domain}
    columns = [c for c in table.columns if c not in used and _is_indicator(table, c)]
    columns = [c for c in columns if not is_label_column(c) and not names_a_group(c)]
    if len(columns) < 2:
        return table, roles, ()
    ones = np.array([[cell.casefold() in TRUE_WORDS for cell in table.column(c)] for c in columns])
    span = _one_each(ones)
    name = LABEL
    if span is None:
        if len(columns) < FEWEST_TAGS or not ones.any():
            return table, roles, ()
        span, name = (0, len(columns)), TAGS
    joined = tuple(columns[span[0] : span[1]])
    while name in table.columns:
        name += " (joined)"
    return (
        _with_column(table, name, joined, ones[span[0] : span[1]]),
        replace(roles, answers=(name,)),
        joined,
    )


def _may_join(table: Table, roles: Roles) -> bool:
    """Not where a column is called the label and says more than yes and no, or is just that."""
    if not roles.answers:
        return True
    answer = roles.answers[0]
    named = is_named(answer, ("label", "class", "category", "diagnosis", "dx", "target", "species"))
    return not is_label_column(answer) and not (named and not _is_indicator(table, answer))


def _is_indicator(table: Table, column: str) -> bool:
    cells = {cell.casefold() for cell in table.column(column)}
    return bool(cells - {""}) and cells <= {*TRUE_WORDS, *FALSE_WORDS, "-1", ""}


def _one_each(ones: npt.NDArray[np.bool_]) -> tuple[int, int] | None:
    """The longest run of columns with exactly one 1 in every row: start and end; None without.

    Args:
        ones: (columns, rows).
    """
    sums = np.vstack([np.zeros((1, ones.shape[1]), np.int32), ones.cumsum(0, dtype=np.int32)])
    count = len(ones)
    for length in range(count, 1, -1):
        for start in range(count - length + 1):
            some = sums[start + length, :ROWS_TRIED] - sums[start, :ROWS_TRIED]
            if (some == 1).all() and (sums[start + length] - sums[start] == 1).all():
                return start, start + length
    return None


def _with_column(
    table: Table, name: str, columns: Sequence[str], ones: npt.NDArray[np.bool_]
) -> Table:
    cells = [
        ", ".join(column for column, marked in zip(columns, ones[:, row], strict=True) if marked)
        for row in range(len(table.rows))
    ]
    rows = tuple((*row, cell) for row, cell in zip(table.rows, cells, strict=True))
    return replace(table, columns=(*table.columns, name), rows=rows)
