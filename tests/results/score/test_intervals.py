"""The interval of a score against scipy's, its coverage in a simulation, and its words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tlcore.results.score.intervals import score_words, smallest_difference, too_small, wilson


@given(st.integers(1, 3000), st.data())
def test_the_interval_is_scipys(total: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, total))
    interval = wilson(right, total)
    expected = binomtest(right, total).proportion_ci(method="wilson")
    assert interval.low == pytest.approx(expected.low, abs=1e-9)
    assert interval.high == pytest.approx(expected.high, abs=1e-9)
    assert 0 <= interval.low <= right / total <= interval.high <= 1


def test_it_holds_the_truth_in_95_of_100_measurements() -> None:
    random = np.random.default_rng(0)
    truth = random.uniform(0.5, 0.98, 20_000)
    totals = random.integers(20, 400, 20_000)
    right = random.binomial(totals, truth)
    held = [
        (interval := wilson(int(r), int(n))).low <= p <= interval.high
        for r, n, p in zip(right, totals, truth, strict=True)
    ]
    assert 0.93 <= np.mean(held) <= 0.97


def test_words() -> None:
    assert score_words(41, 50) == (
        "41 of 50 right; the true figure is probably between 69 and 90 %"
    )
    assert "between 0 and" in score_words(0, 4) and "and 100 %" in score_words(4, 4)
    for wrong in ((0, 0), (5, 4), (-1, 4)):
        with pytest.raises(ValueError):
            wilson(*wrong)


def test_few_pictures_are_said_to_tell_little() -> None:
    assert "20 pictures" in str(too_small(18, 20))
    assert too_small(900, 1000) is None
    assert (
        smallest_difference(18, 20) > smallest_difference(90, 100) > smallest_difference(900, 1000)
    )
    assert smallest_difference(20, 20) > 0
