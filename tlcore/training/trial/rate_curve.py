"""Reads a learning rate off the curve of loss against rate. It knows nothing of torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Numbers = NDArray[np.float64]

GRID = 20  # points per factor of ten on which curves are compared and averaged
WIDTH = 0.15  # of a factor of ten: how far smoothing reaches (deviation of a Gaussian)
LEAST_FALL = 0.02  # of the first loss: less than this is no fall
SAFETY = 10.0
LEAST_LOSS = 1e-6  # pictures that are told apart at once give a loss of nothing at all


def averaged(curves: Sequence[Sequence[Point]]) -> list[Point]:
    """The mean of several curves of (rate, loss), on one grid of rates, as far as all reach.

    The loss is averaged as its logarithm, so that one curve that ran away does not drown the rest.
    """
    curves = [one for one in curves if len(one) >= 2]
    if not curves:
        return []
    low = max(math.log10(one[0][0]) for one in curves)
    high = min(math.log10(one[-1][0]) for one in curves)
    grid = np.linspace(low, high, max(2, round((high - low) * GRID) + 1))
    logs = [
        np.interp(
            grid,
            [math.log10(rate) for rate, _ in one],
            [math.log(max(loss, LEAST_LOSS)) for _, loss in one],
        )
        for one in curves
    ]
    mean = np.exp(np.mean(logs, axis=0))
    return [(10.0 ** float(at), float(loss)) for at, loss in zip(grid, mean, strict=True)]


def suggest(points: Sequence[Point]) -> float | None:
    """The rate to learn with, from (rate, loss) in rising rates; None if the loss never falls.

    Two rules are common after Smith (2017): where the loss falls most steeply against the
    logarithm of the rate, and a tenth of where it is lowest. Each jumps about on noisy curves, in
    its own way; their geometric mean does so less.
    """
    if len(points) < 3:
        return None
    at = np.log10([rate for rate, _ in points])
    loss = smoothed(at, np.array([loss for _, loss in points]))
    lowest = int(loss.argmin())
    if loss[0] - loss[lowest] < LEAST_FALL * loss[0] or lowest < 2:
        return None
    slope = np.gradient(loss[: lowest + 1], at[: lowest + 1])
    steepest = float(at[int(slope.argmin())])
    return math.pow(10.0, (steepest + float(at[lowest]) - math.log10(SAFETY)) / 2)


def smoothed(at: Numbers, values: Numbers) -> Numbers:
    """Values with a Gaussian laid over them, in factors of ten, that is cut off at the ends."""
    weights = np.exp(-0.5 * ((at[:, None] - at[None, :]) / WIDTH) ** 2)
    result: Numbers = (weights @ values) / weights.sum(axis=1)
    return result


def rounded(rate: float) -> float:
    """A rate with one digit that people like to read: 1, 2, 3 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rate))
    nearest = min((1, 2, 3, 5, 10), key=lambda digit: abs(math.log(digit * power / rate)))
    return float(f"{nearest * power:.0e}")
