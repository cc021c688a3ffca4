"""A table as text: columns by name, rows of as many cells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table as text: the names of its columns, each once, and rows of as many cells.

    `sheet` is the one that it comes from, of a workbook of several.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sheet: str | None = None

    def column(self, name: str | None) -> list[str]:
        """The cells of one column; empty ones for None."""
        if name is None:
            return [""] * len(self.rows)
        place = self.columns.index(name)
        return [row[place] for row in self.rows]
