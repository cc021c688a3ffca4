"""An event: one message of a task while it works, and its form as a line of JSON."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """`kind` is one word, `data` is plain JSON, `at` is a Unix time in seconds."""

    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    at: float = field(default_factory=time.time)

    def to_json(self) -> str:
        """One line of JSON without a line break; numbers that are not finite become null."""
        return to_line({"kind": self.kind, "data": self.data, "at": self.at})

    @classmethod
    def from_json(cls, line: str | bytes) -> Event:
        """Read what `to_json` wrote.

        Raises:
            ValueError: the line is not an event.
        """
        content = json.loads(line)
        if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
            raise ValueError("not an event")
        data, at = content.get("data", {}), content.get("at", 0.0)
        if not isinstance(data, dict) or not isinstance(at, int | float):
            raise ValueError("not an event")
        return cls(content["kind"], data, float(at))


def to_line(value: dict[str, Any]) -> str:
    """JSON on one line, in plain ASCII; numpy and torch scalars become numbers, NaN becomes null.

    Raises:
        TypeError: something in `value` has no JSON form.
    """
    return json.dumps(plain(value), allow_nan=False, separators=(",", ":"))


def plain(value: Any) -> Any:
    """The same value as plain JSON types: dict, list, str, int, float, bool, None."""
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    for conversion in ("tolist", "item", "isoformat", "__fspath__"):
        if hasattr(value, conversion):
            return plain(getattr(value, conversion)())
    raise TypeError(f"{type(value).__name__} has no JSON form")
