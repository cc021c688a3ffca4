"""A rate is read off a curve where the loss falls, well below where it jumps up, noise or not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.training.trial.rate_curve import averaged, rounded, suggest

RATES = 10.0 ** np.linspace(-6, 1, 100)


def curve(centre: float, noise: float = 0.0, seed: int = 0) -> list[tuple[float, float]]:
    """A loss that falls around 10 to the `centre` and diverges one and a half decades later."""
    powers = np.log10(RATES)
    loss = 0.2 + 1.4 / (1 + np.exp(4 * (powers - centre))) + np.exp(6 * (powers - centre - 2))
    loss *= 1 + noise * np.random.default_rng(seed).standard_normal(len(loss))
    return [(float(r), float(x)) for r, x in zip(RATES, loss, strict=True) if x < 4]


@pytest.mark.parametrize("centre", [-4, -3, -1.5])
def test_the_suggestion_lies_where_the_loss_falls(centre: float) -> None:
    rate = suggest(curve(centre))
    assert rate is not None
    assert centre - 0.3 < math.log10(rate) < centre + 0.6


def test_noise_moves_it_little() -> None:
    rates = [suggest(averaged([curve(-3, 0.05, 10 * n + k) for k in range(3)])) for n in range(20)]
    assert all(rate is not None for rate in rates)
    logs = [math.log10(rate) for rate in rates if rate]
    assert max(logs) - min(logs) < 0.5


def test_no_fall_no_suggestion() -> None:
    assert suggest([]) is None
    assert suggest([(1e-3, 1.0), (1e-2, 0.5)]) is None
    assert suggest([(rate, 1.6) for rate in RATES]) is None
    assert suggest([(rate, 1.6 + rate) for rate in RATES]) is None


def test_an_average_reaches_as_far_as_all_and_is_not_drowned() -> None:
    short, long = curve(-3)[:60], curve(-3)
    mean = averaged([short, long])
    assert mean[0][0] == pytest.approx(1e-6)
    assert mean[-1][0] == pytest.approx(short[-1][0])
    wild = [(rate, 100 * loss) for rate, loss in long]
    assert averaged([long, wild])[0][1] == pytest.approx(10 * long[0][1], rel=1e-6)
    assert averaged([]) == averaged([[(1e-3, 1.0)]]) == []


@given(st.floats(1e-9, 99))
def test_rounded_rates_are_near_and_short(rate: float) -> None:
    shown = rounded(rate)
    assert 1 / 1.45 < shown / rate < 1.45
    assert f"{shown:.0e}"[0] in "1235"


def test_a_loss_of_nothing_at_all_is_no_obstacle() -> None:
    curve = [(10.0**power, loss) for power, loss in ((-4, 1.0), (-3, 0.5), (-2, 0.0), (-1, 0.0))]
    points = averaged([curve, curve])
    assert points[-1][1] < 1e-5 and suggest(points) is not None
