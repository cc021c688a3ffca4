"""Tables that say what is in which picture: read from CSV, Excel or COCO JSON, as text.

The pictures that a table should speak of show where it begins: which sheet it is, whether its
first row is a heading. What its columns say: see `column_roles`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tlcore.errors import GraftError
from tlcore.images.intake.tables.coco import COCO_COLUMNS, read_coco
from tlcore.images.intake.tables.column_roles import (
    ANSWER_NAMES,
    FILE_NAMES,
    GROUP_NAMES,
    SPLIT_NAMES,
    file_words,
    is_named,
)
from tlcore.images.intake.tables.delimited import read_delimited
from tlcore.images.intake.tables.picture_names import Fit, KnownNames, names_a_picture
from tlcore.images.intake.tables.table import Table

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_BYTES = 100_000_000
MAX_UNPACKED = 500_000_000  # an Excel file is a zip: what may come out of it
MAX_TEXT = 1_000  # characters of one cell
MAX_TITLES = 5  # lines of a title that may stand over a table
SUFFIXES = ("csv", "tsv", "txt", "xlsx", "json")
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
HEADINGS = (*FILE_NAMES, *ANSWER_NAMES, *SPLIT_NAMES, *GROUP_NAMES, "id")


def read_table(data: bytes, name: str, pictures: Sequence[str] = ()) -> Table:
    """Read a table; where its first row names a picture, the columns are numbered.

    Args:
        data: the bytes of the file.
        name: its name, by whose ending the kind is known (csv, tsv, txt, xlsx, json).
        pictures: names of the pictures that it should speak of.

    Raises:
        GraftError: no such kind of file, damaged, empty or too large.
    """
    if len(data) > MAX_BYTES:
        raise GraftError(
            f"The table has {len(data) / 1e6:,.0f} MB; the limit is {MAX_BYTES // 1_000_000} MB.",
            "Divide it into several tables.",
        )
    kind = name.rsplit(".", 1)[-1].lower()
    known = KnownNames(pictures)
    if kind == "xlsx":
        return _fitting_sheet(_read_xlsx(data), known)
    if kind == "json":
        return _as_table([list(COCO_COLUMNS), *read_coco(data)], known)
    if kind in ("csv", "tsv", "txt"):
        return _as_table(read_delimited(data, known), known)
    raise GraftError(
        f"“{name}” is no table that can be read here.",
        "Save it as CSV (UTF-8) or as an Excel workbook (.xlsx), then add it again.",
    )


def safe_cell(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet would read a formula.

    After OWASP's note on CSV injection; spaces before the sign do not hide it.
    """
    begins = text.lstrip(" \u00a0\ufeff").startswith(STARTS_A_FORMULA)
    return f"'{text}" if begins else text


def plain_cell(text: str) -> str:
    """What `safe_cell` was given."""
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def _read_xlsx(data: bytes) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """Title and rows of each sheet."""
    import openpyxl  # only here: most visits never open a workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_UNPACKED:
            raise GraftError("The workbook is too large to open.", "Save the sheet as CSV instead.")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            rows = sheet.iter_rows(values_only=True)
            yield sheet.title, ([_as_text(value) for value in row] for row in rows)
        book.close()
    except GraftError:
        raise
    except Exception as error:  # openpyxl raises anything on a damaged workbook
        raise _damaged() from error


def _damaged() -> GraftError:
    return GraftError(
        "The workbook is damaged or no Excel workbook.", "Save it again, or save it as CSV."
    )


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _fitting_sheet(sheets: Iterable[tuple[str, Iterator[list[str]]]], known: KnownNames) -> Table:
    """The sheet with the column that names the pictures best; of equals the first."""
    best: tuple[Fit, Table] | None = None
    several = False
    for place, (title, rows) in enumerate(sheets):
        several = place > 0
        table = _sheet(title, rows, known)
        if table is None:
            continue
        fit = max(known.fit(table.column(c), file_words(c)) for c in table.columns)
        if best is None or fit > best[0]:
            best = fit, table
    if best is None:
        raise _empty()
    return best[1] if several else replace(best[1], sheet=None)


def _sheet(title: str, rows: Iterator[list[str]], known: KnownNames) -> Table | None:
    """One sheet as a table; None for an empty one.

    Raises:
        GraftError: it is damaged, or has too many rows.
    """
    try:
        lines = _without_titles(rows)
    except GraftError:
        raise
    except Exception as error:  # openpyxl raises anything on a damaged workbook
        raise _damaged() from error
    return _table_of(lines, known, title)


def _as_table(rows: Iterable[list[str]], known: KnownNames) -> Table:
    table = _table_of(_without_titles(rows), known, None)
    if table is None:
        raise _empty()
    return table


def _table_of(lines: list[list[str]], known: KnownNames, sheet: str | None) -> Table | None:
    if not lines:
        return None
    if _is_row(lines[0], known):
        header, rows = [""] * max(len(line) for line in lines), lines
    else:
        header, rows = lines[0], lines[1:]
    columns = _unique([cell.strip() for cell in header[:MAX_COLUMNS]])
    if not rows:
        return None
    return Table(columns, tuple(_row(line, len(columns)) for line in rows), sheet)


def _row(line: Sequence[str], width: int) -> tuple[str, ...]:
    cells = [plain_cell(cell.strip()[:MAX_TEXT]) for cell in line[:width]]
    return (*cells, *[""] * (width - len(cells)))


def _is_row(first: Sequence[str], known: KnownNames) -> bool:
    """Whether the first row is no heading but names a picture."""
    cells = [cell.strip() for cell in first if cell.strip()]
    if any(names_a_picture(cell) for cell in cells):
        return True
    return any(known.holds(cell) for cell in cells) and not any(
        is_named(cell, HEADINGS) for cell in cells
    )


def _without_titles(rows: Iterable[list[str]]) -> list[list[str]]:
    """The rows that hold anything, without the few lines of a title that stand over a table.

    Raises:
        GraftError: there are too many.
    """
    lines: list[list[str]] = []
    for line in rows:
        if not any(cell.strip() for cell in line):
            continue
        if len(lines) > MAX_ROWS + MAX_TITLES:
            raise GraftError(
                f"The table has more than {MAX_ROWS:,} rows.", "Divide it into several tables."
            )
        lines.append(line)
    widths = [sum(bool(cell.strip()) for cell in line) for line in lines[: MAX_TITLES + 2]]
    titles = next((place for place, width in enumerate(widths) if width > 1), 0)
    return lines[titles if titles < len(lines) - 1 else 0 :]


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Every column by a name of its own: the second “x” is “x (2)”, a nameless one “column 3”."""
    columns: dict[str, None] = {}
    for place, given in enumerate(names, start=1):
        name, number = given or f"column {place}", 2
        while name in columns:
            name, number = f"{given or f'column {place}'} ({number})", number + 1
        columns[name] = None
    return tuple(columns)


def _empty() -> GraftError:
    return GraftError(
        "The table holds nothing.",
        "It needs a first row with the names of the columns, and below it a row per picture.",
    )
