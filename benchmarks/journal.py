"""What a long benchmark has measured so far, so that a second call goes on where it was ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Journal:
    """One line of JSON per measurement, kept in a file where there is one."""

    path: Path | None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.path is not None and self.path.exists():
            self.rows = [json.loads(line) for line in self.path.read_text().splitlines()]

    def find(self, **key: Any) -> dict[str, Any] | None:
        """The row with these values, if it was measured before."""
        return next((row for row in self.rows if row | key == row), None)

    def add(self, row: dict[str, Any]) -> dict[str, Any]:
        """Keep a row."""
        self.rows.append(row)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        return row
