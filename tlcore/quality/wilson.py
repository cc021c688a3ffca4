"""Wilson's interval: between which bounds a share probably lies that so few tries have measured."""

from __future__ import annotations

import math

Z95 = 1.959963984540054  # the normal deviate that leaves 2.5 % above it


def wilson_bounds(share: float, total: float, z: float = Z95) -> tuple[float, float]:
    """Wilson's (1927) interval for a `share` (0–1) of `total` > 0 tries; honest near 0 and 1.

    `total` may be less than what was counted where several of them are no tries of their own.
    """
    square = z * z / total
    centre = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / total + square / (4 * total)) / (1 + square)
    low = 0.0 if share == 0 else max(0.0, centre - half)
    return low, 1.0 if share == 1 else min(1.0, centre + half)
