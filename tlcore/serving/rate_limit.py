"""How often somebody may call: a bucket for each caller that fills again with time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

MOST_CALLERS = 10_000


class RateLimit:
    """Up to `burst` at once and `per_second` in the long run, for each caller by itself.

    Args:
        clock: seconds that only grow; tests bring their own.
    """

    def __init__(
        self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst, self._rate, self._clock = burst, per_second, clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, caller: str, cost: float = 1.0) -> float:
        """Take `cost` from the caller's bucket: 0, or the seconds until there will be enough.

        What costs more than a whole bucket is let through when the bucket is full.
        """
        now = self._clock()
        with self._lock:
            left = self._left(caller, now)
            missing = min(cost, self._burst) - left
            self._buckets.pop(caller, None)
            self._buckets[caller] = (left if missing > 0 else left - cost, now)
            while len(self._buckets) > MOST_CALLERS:
                self._buckets.popitem(last=False)
            return max(0.0, missing / self._rate)

    def blocked(self, caller: str) -> float:
        """The seconds until one more is allowed, without taking it; 0 if it is now."""
        with self._lock:
            return max(0.0, (1.0 - self._left(caller, self._clock())) / self._rate)

    def _left(self, caller: str, now: float) -> float:
        left, then = self._buckets.get(caller, (self._burst, now))
        return min(self._burst, left + (now - then) * self._rate)
