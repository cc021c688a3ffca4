"""Scores as a terminal shows them: with how many pictures they rest on, and no share of few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEAST_FOR_SHARE = 10  # pictures; below it one picture is more than ten points


@dataclass(frozen=True)
class SplitScore:
    """How many pictures of a split were right."""

    right: int
    total: int

    @classmethod
    def of(cls, accuracy: float | None, total: int) -> SplitScore | None:
        """From a share (0 to 1) of so many pictures; None where nothing was scored."""
        return None if accuracy is None or not total else cls(round(accuracy * total), total)

    @property
    def share(self) -> float | None:
        """The share that was right; None where the pictures are too few to say one."""
        return self.right / self.total if self.total >= LEAST_FOR_SHARE else None

    @property
    def words(self) -> str:
        """“95.0 % right (57 of 60)”, or “9 of 9 right: too few to say a share”."""
        count = f"{self.right} of {self.total}"
        if self.share is None:
            return f"{count} right: too few to say a share"
        return f"{100 * self.share:.1f} % right ({count})"

    def to_data(self) -> dict[str, Any]:
        """The same for --json."""
        return {
            "right": self.right, "total": self.total, "share": self.share, "words": self.words,
        }  # fmt: skip
