"""How far the training is: by epochs, or by the minutes given, whatever the machine does."""

import math
import time
from dataclasses import dataclass, field

PAUSE = 30.0


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
    taken: int = 0
    _began: float = field(default_factory=time.monotonic)
    _last: float = field(default_factory=time.monotonic)

    def resume(self, share: float, taken: int) -> None:
        """Go on from an earlier training; steps asked for may be more than they were then."""
        self.taken = taken
        self.share = min(1.0, taken / self.steps) if self.steps else share

    def advance(self) -> None:
        """One step is done."""
        self.taken += 1
        if self.steps is not None:
            self.share = min(1.0, self.taken / self.steps)
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
    """The picture size of this moment: `sizes` are (pixels, share of the time), in order.

    Small pictures first cost little and teach most of it; the last sizes are those of use.
    """
    passed = 0.0
    for size, lasts in sizes:
        passed += lasts
        if share < passed:
            return size
    return sizes[-1][0]
