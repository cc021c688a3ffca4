"""What an entry of the history changed, in the short form that is stored as JSON."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tlcore.workspace.examples.cells import Cells, Value

Stored = list[list[Any]]  # [field, before, after, example ids], … as JSON keeps it


def pack(after: Cells, before: Cells) -> Stored:
    """Cells that changed alike share one row."""
    alike: dict[tuple[str, Value, Value], list[int]] = defaultdict(list)
    for (field, example), value in after.items():
        alike[field, before[field, example], value].append(example)
    return [[field, old, new, ids] for (field, old, new), ids in alike.items()]


def unpack(stored: Stored, *, after: bool) -> Cells:
    """What an entry left behind, or what stood there before it; of parts, the outermost."""
    cells: Cells = {}
    for field, old, new, ids in stored if after else reversed(stored):
        cells.update(((field, example), new if after else old) for example in ids)
    return cells


def count_examples(stored: Stored) -> int:
    """How many examples an entry touched."""
    return len({example for _, _, _, ids in stored for example in ids})
