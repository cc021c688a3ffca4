"""Forecasts: a known power law is found again, and the label that needs pictures is named."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from tlcore.jobs.stopping import Stopped
from tlcore.quality.forecast import (
    SHARES,
    LearningCurve,
    fit,
    fit_curve,
    label_gains,
    learning_curve,
    sensible,
)


def value_of(steps: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


def cloud(each: tuple[int, ...], spread: float = 2.5) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, 24) around a middle for each label, and the labels."""
    random = np.random.default_rng(0)
    targets = np.repeat(np.arange(len(each)), each)
    middles = random.normal(size=(len(each), 24))
    features = middles[targets] + random.normal(size=(len(targets), 24)) * spread
    return features.astype(np.float32), targets


@pytest.mark.parametrize("exponent", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("floor", [0.0, 0.08])
def test_a_known_law_is_continued(exponent: float, floor: float) -> None:
    def error(times: float) -> float:
        return floor + 0.2 * times**-exponent

    measured = np.array([error(share) for share in SHARES])
    law = fit(SHARES, measured, np.full(4, 0.005))
    assert law.accuracy(1.0) == pytest.approx(1 - error(1.0), abs=0.01)
    assert law.accuracy(2.0) == pytest.approx(1 - error(2.0), abs=0.02)


def test_noise_does_not_make_it_wild() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        measured = 0.1 + 0.1 * np.array(SHARES) ** -0.5 + random.normal(size=4) * 0.02
        law = fit(SHARES, measured, np.full(4, 0.02))
        assert abs(law.accuracy(2.0) - (1 - 0.1 - 0.1 * 2**-0.5)) < 0.06
        assert law.accuracy(2.0) >= law.accuracy(1.0)


def test_more_pictures_are_measured_to_help_and_every_picture_is_asked_once() -> None:
    features, targets = cloud((50, 50, 50))
    curve = value_of(learning_curve(features, targets, 3))
    assert curve.accuracy[-1] > curve.accuracy[0]
    assert curve.tested.sum(axis=1) == pytest.approx(150)
    assert curve.sizes == pytest.approx(np.array(SHARES) * 120, abs=3)
    assert curve.per_label.tolist() == [50, 50, 50]


def test_groups_are_in_every_share_undivided() -> None:
    random = np.random.default_rng(0)
    targets = np.repeat([0, 1], 60)
    groups = np.repeat(np.arange(40), 3)  # three copies of each picture
    features = random.normal(size=(40, 300)).astype(np.float32)[groups]  # nothing to be learned
    alone = value_of(learning_curve(features, targets, 2))
    bound = value_of(learning_curve(features, targets, 2, groups))
    assert alone.accuracy[-1] > 0.9 > 0.7 > bound.accuracy[-1]


def test_the_label_with_few_pictures_and_many_errors_would_gain_most() -> None:
    features, targets = cloud((12, 100, 100))
    curve = value_of(learning_curve(features, targets, 3))
    gains = label_gains(curve, fit_curve(curve), more=40)
    assert gains[0].label == 0
    assert gains[0].gain == pytest.approx(gains[0].label_gain / 3)
    assert all(gain.gain >= 0 for gain in gains)


def test_half_of_a_typical_label_is_suggested_in_round_numbers() -> None:
    assert [sensible(n) for n in (1, 12, 24, 70, 130, 9_999)] == [10, 10, 20, 80, 150, 500]
    curve = LearningCurve(
        SHARES, np.ones(4), np.full((4, 2), 30.0), np.full((4, 2), 40.0), np.array([80.0, 80.0])
    )
    assert label_gains(curve, fit_curve(curve))[0].more == 40


def test_it_stops_when_asked() -> None:
    features, targets = cloud((20, 20))
    with pytest.raises(Stopped):
        value_of(learning_curve(features, targets, 2, stop=lambda: True))
