"""Confidence: ECE, temperature and the curve of coverage_at, against other people's code."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from sklearn.calibration import calibration_curve

from tlcore.results.score.calibration import (
    calibration_data,
    coverage,
    coverage_at,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    probabilities,
    reliability,
)


def overconfident(temperature: float, number: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose honest probabilities are theirs divided by `temperature`, and targets."""
    random = np.random.default_rng(5)
    honest = random.normal(0, 1.5, (number, 4))
    targets = np.array([random.choice(4, p=row) for row in softmax(honest, axis=1)])
    return honest * temperature, targets


@given(st.integers(0, 50), st.floats(0.1, 10))
def test_shares_and_likelihood_are_the_libraries(seed: int, temperature: float) -> None:
    random = np.random.default_rng(seed)
    logits, targets = random.normal(0, 4, (30, 3)), random.integers(0, 3, 30)
    shares = probabilities(logits, temperature)
    assert np.allclose(shares, softmax(logits / temperature, axis=1), atol=1e-12)
    expected = -log_softmax(logits / temperature, axis=1)[np.arange(30), targets].mean()
    assert negative_log_likelihood(logits, targets, temperature) == pytest.approx(
        expected, abs=1e-9
    )


def test_bins_are_scikit_learns() -> None:
    random = np.random.default_rng(1)
    sure = random.uniform(0.5, 1, 500)
    shares = np.stack([sure, 1 - sure], axis=1)
    targets = (random.uniform(size=500) > sure).astype(int)
    right, mean = calibration_curve(targets == 0, sure, n_bins=15)
    filled = reliability(shares, targets)
    assert [each.accuracy for each in filled] == pytest.approx(right.tolist(), abs=1e-9)
    assert [each.sureness for each in filled] == pytest.approx(mean.tolist(), abs=1e-9)
    weights = np.array([each.number for each in filled]) / 500
    assert expected_calibration_error(shares, targets) == pytest.approx(
        float((weights * np.abs(right - mean)).sum()), abs=1e-9
    )


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_the_temperature_is_found_and_makes_answers_honest(truth: float) -> None:
    logits, targets = overconfident(truth)
    temperature = fit_temperature(logits[:2000], targets[:2000])
    assert temperature == pytest.approx(truth, rel=0.08)
    data = calibration_data(logits[2000:], targets[2000:], temperature)
    assert data["ece"] < 0.04
    if truth != 1.0:
        assert data["ece"] < data["ece_before"] / 2


def test_what_cannot_be_told_leaves_answers_as_they_are() -> None:
    logits, targets = overconfident(3.0)
    assert fit_temperature(logits[:19], targets[:19]) == 1.0
    few, many = (fit_temperature(logits[:n], targets[:n]) for n in (60, 2000))
    assert 1.2 < few < many  # held back by doubt, in the right direction
    sure = np.eye(4)[targets[:60]] * 3
    assert fit_temperature(sure, targets[:60]) == 1.0  # all right: it may not become surer still


def test_declining_below_a_threshold() -> None:
    shares = [[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.8, 0.2]]
    curve = coverage(shares, [0, 1, 1, 0])
    assert len(curve) == 101 and (curve[0].answered, curve[0].accuracy) == (1.0, 0.75)
    point = coverage_at(shares, [0, 1, 1, 0], 0.65)
    assert (point.answered, point.accuracy) == (0.75, 1.0)
    assert coverage_at(shares, [0, 1, 1, 0], 0.95).accuracy is None
    assert all(a.answered >= b.answered for a, b in itertools.pairwise(curve))
    assert coverage_at(np.zeros((0, 2)), [], 0.5).answered == 0.0
