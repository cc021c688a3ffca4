"""Many predictions as a table: kept line by line while they come, then CSV or Parquet.

The lines are a journal: whoever starts again goes on behind the last whole one.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.errors import GraftError
from tlcore.images.intake.tables.tables import safe_cell
from tlcore.workspace.files import replacing

SUFFIXES = (".csv", ".parquet")
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Line:
    """What came of one file: its probabilities (labels,), or why there are none."""

    file: str
    row: tuple[float, ...] | None
    refused: str = ""


class Journal:
    """The lines that are there already, and a way to add more. `key` names the classifier.

    Raises:
        GraftError: the file cannot be written.
    """

    def __init__(self, path: Path, key: str) -> None:
        self.path, self._key = path, key
        self.done: set[str] = set()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            good = self._read() if path.is_file() else 0
            self._file = path.open("r+b" if good else "wb")
            self._file.truncate(good)  # half a line, or another classifier's
            self._file.seek(good)
            if not good:
                self._put({"key": key})
                self.flush()
        except OSError as error:
            raise _unwritable(path, error) from error

    def add(self, line: Line) -> None:
        """Put a line behind the others; it is safe after `flush`. Raises GraftError."""
        try:
            self._put({"file": line.file, "row": line.row, "refused": line.refused})
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self.done.add(line.file)

    def flush(self) -> None:
        """Write what was added to the disk. Raises GraftError."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _put(self, data: dict[str, Any]) -> None:
        self._file.write(json.dumps(data).encode("ascii") + b"\n")

    def _read(self) -> int:
        """How many bytes hold whole lines of this classifier; their files are noted as done."""
        good = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file):
                try:
                    data = json.loads(line)
                    assert line.endswith(b"\n")
                    if number == 0 and data["key"] != self._key:
                        return 0
                    if number:
                        self.done.add(data["file"])
                except (ValueError, KeyError, TypeError, AssertionError):
                    break
                good += len(line)
        return good


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a journal, in the order in which they came."""
    with path.open("rb") as file:
        next(file)
        for line in file:
            data = json.loads(line)
            row = data["row"]
            yield Line(data["file"], None if row is None else tuple(row), data["refused"])


def write_table(journal: Path, out: Path, labels: Sequence[str], threshold: float) -> None:
    """A journal as a table: file, answer, probability, declined, one column per label, refused.

    Raises:
        GraftError: the name of `out` ends in neither .csv nor .parquet, or it cannot be written.
    """
    check_name(out)
    header = ["file", "answer", "probability", "declined", *_columns(labels), "refused"]
    rows = (_cells(line, labels, threshold) for line in read_lines(journal))
    write = _write_csv if out.suffix.lower() == ".csv" else _write_parquet
    try:
        with replacing(out) as unfinished:
            write(unfinished, header, rows)
    except OSError as error:  # a full disk; on Windows also a table that Excel has open
        raise _unwritable(out, error) from error


def check_name(out: Path) -> None:
    """Raises GraftError unless the name says which table it is to be."""
    if out.suffix.lower() not in SUFFIXES:
        raise GraftError(f"“{out.name}” is neither .csv nor .parquet.", "End the name in one.")


def _columns(labels: Sequence[str]) -> list[str]:
    """A column name per label; those that the table has already get a mark."""
    fixed = {"file", "answer", "probability", "declined", "refused"}
    return [f"p({label})" if label in fixed else label for label in labels]


def _cells(line: Line, labels: Sequence[str], threshold: float) -> list[Any]:
    file = _printable(line.file)
    if line.row is None:
        return [file, None, None, None, *[None] * len(labels), line.refused]
    best = max(range(len(line.row)), key=line.row.__getitem__)
    sure = line.row[best]
    return [file, labels[best], sure, sure < threshold, *line.row, None]


def _printable(name: str) -> str:
    """A file name as UTF-8 can hold it: on Linux, names may be any bytes."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _write_csv(path: Path, header: list[str], rows: Iterator[list[Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe_cell(name) for name in header])
        for row in rows:
            writer.writerow([_plain(value) for value in row])


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6f}" if isinstance(value, float) else safe_cell(str(value))


def _write_parquet(path: Path, header: list[str], rows: Iterator[list[Any]]) -> None:
    import pyarrow
    import pyarrow.parquet

    kinds = {"file": pyarrow.string(), "answer": pyarrow.string(), "refused": pyarrow.string()}
    kinds |= {"declined": pyarrow.bool_()}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.float32())) for name in header])
    with pyarrow.parquet.ParquetWriter(path, schema) as writer:
        while some := [row for _, row in zip(range(ROWS_AT_ONCE), rows, strict=False)]:
            columns = [list(column) for column in zip(*some, strict=True)]
            writer.write_table(pyarrow.table(columns, schema=schema))


def _unwritable(path: Path, error: OSError) -> GraftError:
    return GraftError(
        f"“{path}” cannot be written ({error.strerror or error}).",
        "Close it in other programs, free some space, or give another place.",
    )
