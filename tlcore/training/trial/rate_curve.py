"""Reads a learning rate off the curve of loss against rate. No torch here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Numbers = NDArray[np.float64]

GRID = 20  # points per factor of ten on which curves are compared and averaged
WIDTH = 0.15  # decades: standard deviation of the Gaussian that smooths
LEAST_FALL = 0.02  # of the first loss; less does not count as a fall
SAFETY = 10.0  # how far below the rate with the lowest loss to stay
LEAST_LOSS = 1e-6  # the logarithm needs more than the 0 of pictures that are told apart at once


def averaged(curves: Sequence[Sequence[Point]]) -> list[Point]:
    """The mean of several curves of (rate, loss), on one grid of rates, as far as all reach.

    The logarithm of the loss is averaged, so that one curve that diverged does not hide the rest.
    """
    curves = [curve for curve in curves if len(curve) >= 2]
    if not curves:
        return []
    low = max(math.log10(curve[0][0]) for curve in curves)
    high = min(math.log10(curve[-1][0]) for curve in curves)
    grid = np.linspace(low, high, max(2, round((high - low) * GRID) + 1))
    logs = [
        np.interp(
            grid,
            [math.log10(rate) for rate, _ in curve],
            [math.log(max(loss, LEAST_LOSS)) for _, loss in curve],
        )
        for curve in curves
    ]
    mean = np.exp(np.mean(logs, axis=0))
    return [(10.0 ** float(power), float(loss)) for power, loss in zip(grid, mean, strict=True)]


def suggest(points: Sequence[Point]) -> float | None:
    """The rate to learn with, from (rate, loss) in rising rates; None if the loss never falls.

    Two rules are in use since Smith (2017): the rate where the loss falls most steeply against the
    logarithm of the rate, and a tenth of the rate where it is lowest. On noisy curves each varies
    in its own way; their geometric mean varies less.
    """
    if len(points) < 3:
        return None
    powers = np.log10([rate for rate, _ in points])
    loss = smoothed(powers, np.array([loss for _, loss in points]))
    lowest = int(loss.argmin())
    if loss[0] - loss[lowest] < LEAST_FALL * loss[0] or lowest < 2:
        return None
    slope = np.gradient(loss[: lowest + 1], powers[: lowest + 1])
    steepest = float(powers[int(slope.argmin())])
    return math.pow(10.0, (steepest + float(powers[lowest]) - math.log10(SAFETY)) / 2)


def smoothed(powers: Numbers, values: Numbers) -> Numbers:
    """Values (P,) smoothed by a Gaussian over the decades `powers` (P,), cut off at the ends."""
    weights = np.exp(-0.5 * ((powers[:, None] - powers[None, :]) / WIDTH) ** 2)
    result: Numbers = (weights @ values) / weights.sum(axis=1)
    return result


def rounded(rate: float) -> float:
    """A rate with one easily read digit: 1, 2, 3 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rate))
    nearest = min((1, 2, 3, 5, 10), key=lambda digit: abs(math.log(digit * power / rate)))
    return float(f"{nearest * power:.0e}")
