"""Tables that say what is in which picture: read from CSV, Excel or COCO JSON, as text.

What a column means is guessed from its name and what stands in it, and can be chosen otherwise.
Nothing here knows the pictures; see `matching`.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tlcore.errors import GraftError
from tlcore.images.intake import split_words
from tlcore.images.intake.coco import COCO_COLUMNS, read_coco

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_BYTES = 100_000_000
MAX_UNPACKED = 500_000_000  # an Excel file is a zip: what may come out of it
MAX_TEXT = 1_000  # characters of one cell
SUFFIXES = ("csv", "tsv", "txt", "xlsx", "json")
SEPARATORS = (",", ";", "\t", "|")
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
PICTURE_SUFFIXES = (
    *(".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".heic", ".heif"),
)
FILE_WORDS = ("file", "filename", "file_name", "image", "picture", "path", "photo", "img")
SPLIT_NAMES = ("split", "set", "subset", "partition", "fold", "use")
GROUP_NAMES = ("group", "patient", "subject", "site", "sender", "burst", "session", "day", "owner")
DOMAIN_NAMES = ("domain", "camera", "scanner", "source", "device", "hospital", "origin")
ANSWER_NAMES = ("label", "class", "category", "answer", "target", "species", "diagnosis", "kind")
MOST_ANSWERS = 200  # different words in a column that is taken for an answer by itself


@dataclass(frozen=True)
class Table:
    """A table as text: the names of its columns, each once, and rows of as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str | None) -> list[str]:
        """The cells of one column; empty ones for None."""
        if name is None:
            return [""] * len(self.rows)
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


@dataclass(frozen=True)
class Roles:
    """Which column says what; `answers` in the order of the questions."""

    file: str
    answers: tuple[str, ...] = ()
    split: str | None = None
    group: str | None = None
    domain: str | None = None


def read_table(data: bytes, name: str) -> Table:
    """Read a table whose first row names its columns.

    Args:
        data: the bytes of the file.
        name: its name, by whose ending the kind is known (csv, tsv, txt, xlsx, json).

    Raises:
        GraftError: no such kind of file, damaged, empty or too large.
    """
    if len(data) > MAX_BYTES:
        raise GraftError(
            f"The table has {len(data) / 1e6:,.0f} MB; the limit is {MAX_BYTES // 1_000_000} MB.",
            "Divide it into several tables.",
        )
    kind = name.rsplit(".", 1)[-1].lower()
    if kind == "xlsx":
        return _as_table(_read_xlsx(data))
    if kind == "json":
        return _as_table([list(COCO_COLUMNS), *read_coco(data)])
    if kind in ("csv", "tsv", "txt"):
        return _as_table(_read_csv(data))
    raise GraftError(
        f"“{name}” is no table that can be read here.",
        "Save it as CSV (UTF-8) or as an Excel workbook (.xlsx), then add it again.",
    )


def guess_roles(table: Table, names: Sequence[str] = ()) -> Roles:
    """What each column is likely to say; `names` are the pictures that it should fit.

    Raises:
        GraftError: the table has no column at all.
    """
    if not table.columns:
        raise _empty()
    file = _file_column(table, names)
    rest = [column for column in table.columns if column != file]
    split = _first(rest, SPLIT_NAMES, lambda column: _mostly_splits(table, column))
    rest = [column for column in rest if column != split]
    answer = _first(rest, ANSWER_NAMES) or next(
        (c for c in rest if not _named(c, GROUP_NAMES + DOMAIN_NAMES) and _few(table, c)), None
    )
    rest = [column for column in rest if column != answer]
    group = _first(rest, GROUP_NAMES)
    domain = _first([column for column in rest if column != group], DOMAIN_NAMES)
    return Roles(file, (answer,) if answer else (), split, group, domain)


def safe_cell(text: str) -> str:
    """`text` with an apostrophe before it where a spreadsheet would read a formula.

    After OWASP's note on CSV injection; spaces before the sign do not hide it.
    """
    begins = text.lstrip(" \u00a0\ufeff").startswith(STARTS_A_FORMULA)
    return f"'{text}" if begins else text


def plain_cell(text: str) -> str:
    """What `safe_cell` was given."""
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def _read_csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    head = text.partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error as error:
        raise GraftError(
            f"The table cannot be read ({error}).", "Save it again as CSV (UTF-8)."
        ) from error


def _decoded(data: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, else the old Western code page, which reads anything."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _read_xlsx(data: bytes) -> Iterator[list[str]]:
    import openpyxl  # only here: most visits never open a workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_UNPACKED:
            raise GraftError("The workbook is too large to open.", "Save the sheet as CSV instead.")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True):
            yield [_as_text(value) for value in row]
        book.close()
    except GraftError:
        raise
    except Exception as error:  # openpyxl raises anything on a damaged workbook
        raise GraftError(
            "The workbook is damaged or no Excel workbook.", "Save it again, or save it as CSV."
        ) from error


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _as_table(rows: Iterator[list[str]] | list[list[str]]) -> Table:
    lines = iter(rows)
    header = next((line for line in lines if any(cell.strip() for cell in line)), None)
    if header is None:
        raise _empty()
    columns = _unique([cell.strip() for cell in header[:MAX_COLUMNS]])
    kept: list[tuple[str, ...]] = []
    for line in lines:
        if not any(cell.strip() for cell in line):
            continue
        if len(kept) >= MAX_ROWS:
            raise GraftError(
                f"The table has more than {MAX_ROWS:,} rows.", "Divide it into several tables."
            )
        cells = [plain_cell(cell.strip()[:MAX_TEXT]) for cell in line[: len(columns)]]
        kept.append((*cells, *[""] * (len(columns) - len(cells))))
    if not kept:
        raise _empty()
    return Table(columns, tuple(kept))


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


def _file_column(table: Table, names: Sequence[str]) -> str:
    known = {_tail(name) for name in names}
    known |= {name.rpartition(".")[0] for name in known} - {""}

    def fits(column: str) -> tuple[int, int, bool]:
        cells = table.column(column)[:1_000]
        hits = sum(_tail(cell) in known for cell in cells)
        pictures = sum(cell.lower().endswith(PICTURE_SUFFIXES) for cell in cells)
        return hits, pictures, _named(column, FILE_WORDS)

    return max(table.columns, key=fits)  # of equals the first


def _tail(name: str) -> str:
    return name.replace("\\", "/").rsplit("/", 1)[-1].casefold()


def _named(column: str, words: Sequence[str]) -> bool:
    parts = column.casefold().replace("-", "_").replace(" ", "_").split("_")
    return column.casefold() in words or any(part in words for part in parts)


def _first(columns: Sequence[str], words: Sequence[str], also: object = None) -> str | None:
    fits = (column for column in columns if _named(column, words))
    if callable(also):
        return next((column for column in fits if also(column)), None) or next(
            (column for column in columns if also(column)), None
        )
    return next(fits, None)


def _mostly_splits(table: Table, column: str) -> bool:
    cells = [cell for cell in table.column(column) if cell]
    return bool(cells) and sum(split_of(cell) is not None for cell in cells) > len(cells) / 2


def _few(table: Table, column: str) -> bool:
    return 1 < len(set(table.column(column))) <= min(MOST_ANSWERS, max(2, len(table.rows) // 2))


def split_of(word: str) -> str | None:
    """The split that a word of a table means, as `Split` writes it; None for no split's word."""
    clean = word.strip().casefold()
    if clean in ("unlabelled", "unlabeled", "not used", "none"):
        return "unlabelled"
    split = split_words.split_of(clean)
    return None if split is None else split.value
