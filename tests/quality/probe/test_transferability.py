"""LogME is the evidence that its paper defines, and it orders features as it should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from tlcore.quality.probe.transferability import log_evidence, log_maximum_evidence


def clouds(apart: float, seed: int = 0, width: int = 30) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    targets = np.arange(80) % 4
    places = random.normal(size=(4, width)) * apart
    rows = places[targets] + random.normal(size=(80, width))
    return rows.astype(np.float32), targets


def direct(features: np.ndarray, wanted: np.ndarray, alpha: float, beta: float) -> float:
    """The evidence as the density of a Gaussian: y ~ N(0, I / β + F Fᵀ / α)."""
    covariance = np.eye(len(wanted)) / beta + features @ features.T / alpha
    return float(multivariate_normal(np.zeros(len(wanted)), covariance).logpdf(wanted))


@pytest.mark.parametrize("width", [5, 60])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (0.3, 20.0), (50.0, 2.0)])
def test_the_evidence_is_the_gaussians(width: int, alpha: float, beta: float) -> None:
    random = np.random.default_rng(1)
    features, wanted = random.normal(size=(25, width)), random.normal(size=25)
    left, spread, _ = np.linalg.svd(features, full_matrices=False)
    along = (left.T @ wanted) ** 2
    off = float(wanted @ wanted - along.sum())
    mine = log_evidence(alpha, beta, spread**2, along, off, width, 25)
    assert mine == pytest.approx(direct(features, wanted, alpha, beta), rel=1e-6)


def _loss(logs: np.ndarray, features: np.ndarray, wanted: np.ndarray) -> float:
    return -direct(features, wanted, *np.exp(logs))


def test_it_is_the_largest_evidence() -> None:
    rows, targets = clouds(0.5)
    values = rows.astype(np.float64) - rows.mean(0)
    values /= np.sqrt((values**2).mean())
    largest = []
    for label in range(4):
        wanted = (targets == label) - (targets == label).mean()
        optimum = minimize(_loss, [0.0, 0.0], args=(values, wanted), method="Nelder-Mead")
        largest.append(-optimum.fun / len(targets))
    assert log_maximum_evidence(rows, targets) == pytest.approx(np.mean(largest), abs=2e-3)


def test_better_features_score_higher() -> None:
    scores = [log_maximum_evidence(*clouds(apart)) for apart in (0.0, 0.4, 0.8, 2.0)]
    assert scores == sorted(scores)
    assert scores[-1] > scores[0] + 0.2


def test_scale_and_shift_change_nothing() -> None:
    rows, targets = clouds(0.7)
    assert log_maximum_evidence(1000 * rows + 5000, targets) == pytest.approx(
        log_maximum_evidence(rows, targets), abs=1e-3
    )


def test_noise_that_is_added_is_not_rewarded() -> None:
    rows, targets = clouds(0.7)
    noise = np.random.default_rng(5).normal(size=(80, 300)).astype(np.float32)
    more = np.concatenate([rows, noise], axis=1)
    assert log_maximum_evidence(more, targets) < log_maximum_evidence(rows, targets)
