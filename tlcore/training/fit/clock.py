"""Where the seconds of a run went, and how many are left."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

RECENT_EPOCHS = 5


class Clock:
    """Adds up seconds by part (prepare, features, train) since it was made."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.seconds = {"prepare": 0.0, "features": 0.0, "train": 0.0}
        self._epochs: list[float] = []

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the seconds inside the block as those of this part."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - began

    def resume(self, seconds: Mapping[str, float]) -> None:
        """Add the seconds that `summary` gave before a pause."""
        self.began -= seconds["total"]
        for name in self.seconds:
            self.seconds[name] += seconds[name]

    def new_phase(self) -> None:
        """Epochs of another phase cost something else: forget those measured so far."""
        self._epochs = []

    def epoch(self, seconds: float) -> None:
        """An epoch is over: these were its seconds, without features."""
        self._epochs.append(seconds)
        self.seconds["train"] += seconds

    @property
    def last_epoch(self) -> float:
        """Seconds of the latest epoch."""
        return self._epochs[-1]

    def left(self, epochs: int) -> float:
        """Seconds that so many more epochs of this phase will take, from those measured."""
        recent = self._epochs[-RECENT_EPOCHS:]
        return epochs * sum(recent) / len(recent)

    def summary(self) -> dict[str, float]:
        """Seconds by part, and in total, rounded to milliseconds."""
        total = time.perf_counter() - self.began
        return {name: round(s, 3) for name, s in {**self.seconds, "total": total}.items()}
