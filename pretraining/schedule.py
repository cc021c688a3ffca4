"""The progress of a training: by steps, or by minutes, whatever else the machine does."""

import math
import time
from dataclasses import dataclass, field

PAUSE = 30.0  # seconds; a longer step was a pause of the process


@dataclass
class Progress:
    """A share from 0 to 1 that moves with every step.

    With `minutes`, each step advances by the share of the remaining time that it took, so that
    the learning rate has come down when the time is over, even if the machine was shared or the
    process was stopped for a while. With `steps`, it simply counts.
    """

    minutes: float | None = None
    steps: int | None = None
    share: float = 0.0
    steps_done: int = 0
    _began: float = field(default_factory=time.monotonic)
    _last: float = field(default_factory=time.monotonic)

    def resume(self, share: float, steps_done: int) -> None:
        """Go on from an earlier call; `steps` may be more now than they were then."""
        self.steps_done = steps_done
        self.share = min(1.0, steps_done / self.steps) if self.steps else share

    def advance(self) -> None:
        """One step is done."""
        self.steps_done += 1
        if self.steps is not None:
            self.share = min(1.0, self.steps_done / self.steps)
            return
        now = time.monotonic()
        worked, self._last = min(now - self._last, PAUSE), now
        left = self.seconds_left() + worked
        self.share = 1.0 if left <= worked else self.share + (1 - self.share) * worked / left

    def seconds_left(self) -> float:
        """Seconds to the end (an estimate where steps are counted)."""
        spent = time.monotonic() - self._began
        if self.minutes is not None:
            return max(0.0, self.minutes * 60 - spent)
        return spent * (1 - self.share) / max(self.share, 1e-6)

    @property
    def finished(self) -> bool:
        """Whether the time or the steps are used up."""
        return self.share >= 1.0


def one_cycle(share: float, peak: float, warm_up: float = 0.04) -> float:
    """Learning rate: a linear rise, then a cosine down to a thousandth of the peak."""
    if share < warm_up:
        return peak * max(0.02, share / warm_up)
    fallen = (share - warm_up) / (1 - warm_up)
    return peak * (0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * min(1.0, fallen))))


def size_at(share: float, sizes: tuple[tuple[int, float], ...]) -> int:
    """The picture size in pixels at this `share`; `sizes` are (pixels, share of the time) in order.

    Small pictures cost little and teach most of it; the last sizes are those of later use.
    """
    passed = 0.0
    for size, part in sizes:
        passed += part
        if share < passed:
            return size
    return sizes[-1][0]
