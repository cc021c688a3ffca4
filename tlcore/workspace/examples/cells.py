"""What of an example can be changed and changed back: one field of one example is a cell.

`read_cells` and `write_cells` know every field; `history` keeps what stood there before and after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from tlcore.workspace.examples.visible import in_batches
from tlcore.workspace.schema import AnswerRow, ExampleRow, FlagRow

COLUMNS = (
    "split",
    "group",
    "domain",
    "deleted",
    "picture",
    "width",
    "height",
    "perceptual_hash",
)
ANSWER, FLAG = "answer:", "flag:"  # followed by the question's id, by the flag's word

Value = str | int | bool | None
Cell = tuple[str, int]  # field, example id
Cells = dict[Cell, Value]


def read_cells(session: Session, wanted: Mapping[str, Iterable[int]]) -> Cells:
    """What stands in these fields of these examples now; examples that do not exist are left out.

    Args:
        wanted: field → example ids.
    """
    cells: Cells = {}
    for field, ids in wanted.items():
        for batch in in_batches(sorted(set(ids))):
            cells.update(
                ((field, example), value) for example, value in _read(session, field, batch)
            )
    return cells


def _read(session: Session, field: str, ids: Sequence[int]) -> list[tuple[int, Value]]:
    column = ExampleRow.id if _is_beside(field) else getattr(ExampleRow, field)
    rows = session.execute(select(ExampleRow.id, column).where(ExampleRow.id.in_(ids)))
    values: dict[int, Any] = {example: value for example, value in rows}
    if field.startswith(ANSWER):
        answers = session.execute(
            select(AnswerRow.example_id, AnswerRow.label_id).where(
                AnswerRow.question_id == _question(field), AnswerRow.example_id.in_(ids)
            )
        )
        values = dict.fromkeys(values) | {example: label for example, label in answers}
    elif field.startswith(FLAG):
        word = field.removeprefix(FLAG)
        flagged = select(FlagRow.example_id).where(
            FlagRow.flag == word, FlagRow.example_id.in_(ids)
        )
        values = dict.fromkeys(values, False) | dict.fromkeys(session.scalars(flagged), True)
    return [(example, _plain(value)) for example, value in values.items()]


def write_cells(session: Session, cells: Cells) -> None:
    """Put these values into these fields; nothing else changes."""
    by_field: dict[str, dict[int, Value]] = defaultdict(dict)
    for (field, example), value in cells.items():
        by_field[field][example] = value
    for field, values in by_field.items():
        if field.startswith(ANSWER):
            _write_answers(session, _question(field), values)
        elif field.startswith(FLAG):
            _write_flags(session, field.removeprefix(FLAG), values)
        else:
            _write_column(session, field, values)


def _write_column(session: Session, field: str, values: Mapping[int, Value]) -> None:
    column = ExampleRow.__table__.c[field]
    query = (
        update(ExampleRow.__table__)  # type: ignore[arg-type]
        .where(ExampleRow.__table__.c.id == bindparam("of_example"))
        .values({column: bindparam("to_value")})
    )
    rows = [
        {"of_example": example, "to_value": _stored(field, value)}
        for example, value in values.items()
    ]
    session.connection().execute(query, rows)


def _write_answers(session: Session, question: int, values: Mapping[int, Value]) -> None:
    for batch in in_batches(list(values)):
        session.execute(
            delete(AnswerRow).where(
                AnswerRow.question_id == question, AnswerRow.example_id.in_(batch)
            )
        )
    rows = [
        {"example_id": example, "question_id": question, "label_id": label}
        for example, label in values.items()
        if label is not None
    ]
    if rows:
        session.execute(insert(AnswerRow), rows)


def _write_flags(session: Session, word: str, values: Mapping[int, Value]) -> None:
    for batch in in_batches(list(values)):
        session.execute(delete(FlagRow).where(FlagRow.flag == word, FlagRow.example_id.in_(batch)))
    rows = [{"example_id": example, "flag": word} for example, on in values.items() if on]
    if rows:
        session.execute(insert(FlagRow), rows)


def _is_beside(field: str) -> bool:
    """True for what stands in a table beside the examples. Raises ValueError: no such field."""
    if field.startswith((ANSWER, FLAG)):
        return True
    if field not in COLUMNS:
        raise ValueError(f"no field of an example: {field!r}")
    return False


def _question(field: str) -> int:
    return int(field.removeprefix(ANSWER))


def _plain(value: Any) -> Value:
    plain: Value = value.isoformat() if isinstance(value, datetime) else value
    return plain


def _stored(field: str, value: Value) -> Any:
    return datetime.fromisoformat(str(value)) if field == "deleted" and value else value
