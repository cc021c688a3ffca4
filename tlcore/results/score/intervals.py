"""How sure a score is: its 95 % interval, in words, and what so many pictures can tell apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tlcore.quality.wilson import Z95, wilson_bounds

# Half the width of the interval, in shares, from which a score is called a rough one.
ROUGH = 0.10
LEAST_TOLD_APART = 0.10  # two runs may well differ by this much


@dataclass(frozen=True)
class Interval:
    """A range of shares (0 to 1) that holds the true share in 95 of 100 such measurements."""

    low: float
    high: float

    @property
    def words(self) -> str:
        """For example “between 69 and 90 %”."""
        return f"between {100 * self.low:.0f} and {100 * self.high:.0f} %"

    @property
    def half(self) -> float:
        return (self.high - self.low) / 2


def wilson(right: int, total: int, z: float = Z95) -> Interval:
    """The interval of Wilson (1927) for `right` of `total`; it stays honest near 0 and 1.

    Raises ValueError without pictures or with more right answers than pictures.
    """
    if not 0 <= right <= total or total == 0:
        raise ValueError(f"{right} of {total}")
    return Interval(*wilson_bounds(right / total, total, z))


def loss_interval(lost: int, gained: int, total: int) -> Interval:
    """The interval, in shares, of what the same pictures lose by a change (−1 to 1).

    For pairs, after Bonett and Price (2012): one more picture each way, so that a few pictures of
    which none changed do not pass for certainty.

    Args:
        lost: pictures that were right before and wrong after it.
        gained: pictures that were wrong before and right after it.
    """
    down, up = (lost + 1) / (total + 2), (gained + 1) / (total + 2)
    half = Z95 * math.sqrt((down + up - (down - up) ** 2) / (total + 2))
    return Interval(max(-1.0, down - up - half), min(1.0, down - up + half))


def score_words(right: int, total: int) -> str:
    """“41 of 50 right; the true figure is probably between 69 and 90 %”."""
    return f"{right} of {total} right; the true figure is probably {wilson(right, total).words}"


def smallest_difference(right: int, total: int) -> float:
    """How far two runs must lie apart, as a share, before so many pictures can tell them apart.

    The usual yardstick for two independent scores, z · √(2 p (1 − p) / n), with p from Wilson's
    centre so that a perfect score is not called certain. A paired test sees somewhat more.
    """
    interval = wilson(right, total)
    p = (interval.low + interval.high) / 2
    return min(1.0, Z95 * math.sqrt(2 * p * (1 - p) / total))


def too_small(right: int, total: int) -> str | None:
    """A warning in words where the pictures are too few to tell two runs apart; else None."""
    least = smallest_difference(right, total)
    if least < LEAST_TOLD_APART:
        return None
    points = math.ceil(100 * least)
    return (
        f"With {total} picture{'' if total == 1 else 's'} the score is a rough one: two runs that "
        f"lie less than about {points} points apart may well be equally good."
    )
