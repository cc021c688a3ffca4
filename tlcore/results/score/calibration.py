"""Whether 80 % sure means right in 80 of 100: reliability, temperature, and “I don't know”.

All of it from logits and targets; no torch here. Guo et al. 2017, “On Calibration of Modern Neural
Networks” (arXiv 1706.04599).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 15
LEAST_FOR_TEMPERATURE = 20  # pictures; fewer say little about how sure answers should be
COOLEST, WARMEST = 0.05, 20.0
PRIOR_SPREAD = 0.2  # of the logarithm of the temperature

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Bin:
    """Predictions that were about equally sure: how sure on average, and how often right."""

    low: float
    high: float
    number: int
    sureness: float
    accuracy: float


@dataclass(frozen=True)
class CoveragePoint:
    """Declining below `threshold`: the share answered, and how often the answers are right."""

    threshold: float
    answered: float
    accuracy: float | None


def probabilities(logits: npt.ArrayLike, temperature: float = 1.0) -> Floats:
    """Softmax of logits (N, labels) divided by the temperature, in double precision."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled = scaled - scaled.max(axis=1, keepdims=True)
    powers = np.exp(scaled)
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


def negative_log_likelihood(
    logits: npt.ArrayLike, targets: npt.ArrayLike, temperature: float = 1.0
) -> float:
    """The mean of −log of the probability of the true label: logits (N, labels), targets (N,)."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    chosen = np.asarray(targets, dtype=np.int64)
    top = scaled.max(axis=1)
    total = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
    return float((total - scaled[np.arange(len(chosen)), chosen]).mean())


def fit_temperature(logits: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """The temperature that makes validation answers likeliest, 1 where it cannot be told.

    `logits` (N, labels) of pictures that were not learned from. It never changes which label is
    likeliest. Few pictures would lead it astray by their accidents: with fewer than twenty answers
    stay as they are, and with some more it is held near 1 by a prior that many pictures outweigh
    (log T about 0 with a spread of 0.2). A perfect validation score would ask for boundless
    sureness: then it never falls below 1.
    """
    rows, chosen = np.asarray(logits, dtype=np.float64), np.asarray(targets, dtype=np.int64)
    if len(chosen) < LEAST_FOR_TEMPERATURE or rows.shape[1] < 2:
        return 1.0
    from scipy.optimize import minimize_scalar

    def loss(logarithm: float) -> float:
        likelihood = negative_log_likelihood(rows, chosen, float(np.exp(logarithm)))
        return likelihood + (logarithm / PRIOR_SPREAD) ** 2 / (2 * len(chosen))

    optimum = minimize_scalar(loss, bounds=(np.log(COOLEST), np.log(WARMEST)), method="bounded")
    temperature = float(np.exp(optimum.x))
    if not np.isfinite(temperature) or optimum.fun >= loss(0.0):
        return 1.0
    perfect = bool((rows.argmax(axis=1) == chosen).all())
    return 1.0 if perfect and temperature < 1 else temperature


def reliability(shares: npt.ArrayLike, targets: npt.ArrayLike, bins: int = BINS) -> list[Bin]:
    """Predictions sorted into `bins` equal ranges of sureness; empty ranges are left out.

    `shares` (N, labels) are probabilities, `targets` (N,) the true labels.
    """
    sure, right = _sure_and_right(shares, targets)
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    filled = []
    for number in range(bins):
        inside = place == number
        if inside.any():
            filled.append(
                Bin(number / bins, (number + 1) / bins, int(inside.sum()),
                    float(sure[inside].mean()), float(right[inside].mean()))
            )  # fmt: skip
    return filled


def expected_calibration_error(
    shares: npt.ArrayLike, targets: npt.ArrayLike, bins: int = BINS
) -> float:
    """The gap between how sure and how often right, averaged over all predictions (0 is honest).

    ECE (Naeini, Cooper and Hauskrecht 2015) of shares (N, labels) for targets (N,).
    """
    filled = reliability(shares, targets, bins)
    total = sum(each.number for each in filled)
    return sum(each.number * abs(each.sureness - each.accuracy) for each in filled) / max(1, total)


def coverage(shares: npt.ArrayLike, targets: npt.ArrayLike) -> list[CoveragePoint]:
    """For every threshold from 0 to 100 %: the share answered and the accuracy of those answers.

    The curve of selective classification (El-Yaniv and Wiener 2010) for shares (N, labels) and
    targets (N,).
    """
    sure, right = _sure_and_right(shares, targets)
    return [_coverage_point(sure, right, step / 100) for step in range(101)]


def coverage_at(shares: npt.ArrayLike, targets: npt.ArrayLike, threshold: float) -> CoveragePoint:
    """The point of `coverage` at one threshold, for shares (N, labels) and targets (N,)."""
    sure, right = _sure_and_right(shares, targets)
    return _coverage_point(sure, right, threshold)


def _coverage_point(sure: Floats, right: Floats, threshold: float) -> CoveragePoint:
    given = sure >= threshold
    accuracy = float(right[given].mean()) if given.any() else None
    return CoveragePoint(threshold, float(given.mean()) if len(given) else 0.0, accuracy)


def _sure_and_right(shares: npt.ArrayLike, targets: npt.ArrayLike) -> tuple[Floats, Floats]:
    rows = np.asarray(shares, dtype=np.float64)
    chosen = np.asarray(targets, dtype=np.int64)
    if not len(rows):
        return np.zeros(0), np.zeros(0)
    return rows.max(axis=1), (rows.argmax(axis=1) == chosen).astype(np.float64)


def calibration_data(
    logits: npt.ArrayLike, targets: npt.ArrayLike, temperature: float
) -> dict[str, Any]:
    """Everything about confidence as plain data: ECE before and after, bins, coverage.

    `logits` (N, labels), `targets` (N,).
    """
    before, after = probabilities(logits), probabilities(logits, temperature)
    return {
        "temperature": temperature,
        "ece_before": expected_calibration_error(before, targets),
        "ece": expected_calibration_error(after, targets),
        "bins_before": [each.__dict__ for each in reliability(before, targets)],
        "bins": [each.__dict__ for each in reliability(after, targets)],
        "coverage": [point.__dict__ for point in coverage(after, targets)],
    }
