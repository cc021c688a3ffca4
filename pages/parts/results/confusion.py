"""The confusion matrix as a table of buttons: a cell opens the pictures behind it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.components.declare import declare_component

ADDRESS = "cell"

_matrix = declare_component("confusion")

Cell = tuple[int, int]


def draw_confusion(
    confusion: Sequence[Sequence[int]], labels: Sequence[str], *, key: str
) -> Cell | None:
    """Draw the counts: rows are what it is, columns what was answered.

    Returns the open cell as (row, column); it stands in the address bar, so it survives a refresh.
    """

    def opened() -> None:
        cell = _sound(st.session_state[key].opened, len(labels))
        if cell is not None:
            _write(None if cell == read_cell(len(labels)) else cell)

    open_cell = read_cell(len(labels))
    _matrix(
        key=key,
        data={
            "counts": [list(row) for row in confusion],
            "labels": list(labels),
            "open": None if open_cell is None else list(open_cell),
        },
        on_opened_change=opened,
    )
    return open_cell


def read_cell(labels: int) -> Cell | None:
    """The open cell of the address bar; None when there is none or it is not in the table."""
    row, _, column = st.query_params.get(ADDRESS, "").partition("-")
    if not (row.isdecimal() and column.isdecimal()):
        return None
    return _sound([int(row), int(column)], labels)


def close_cell() -> None:
    """Show no pictures behind the table any more."""
    _write(None)


def _write(cell: Cell | None) -> None:
    if cell is None:
        st.query_params.pop(ADDRESS, None)
    else:
        st.query_params[ADDRESS] = f"{cell[0]}-{cell[1]}"


def _sound(sent: object, labels: int) -> Cell | None:
    if not isinstance(sent, list) or len(sent) != 2:
        return None
    row, column = sent
    if not (isinstance(row, int) and isinstance(column, int)):
        return None
    return (row, column) if 0 <= row < labels and 0 <= column < labels else None
