"""Two runs on the same pictures: McNemar against scipy, pairs by picture and by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tlcore.results.compare.classifiers import compare, mcnemar
from tlcore.results.score.evaluate import Prediction


def scored(number: int, target: int, *shares: float) -> Prediction:
    return Prediction(number, f"{number:064x}", "test", target, shares)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_exact_binomial_test(first: int, second: int) -> None:
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, abs=1e-9)
    assert mcnemar(first, second) == mcnemar(second, first)


def test_pairs_go_by_picture_and_by_the_names_of_labels() -> None:
    first = [scored(1, 0, 0.9, 0.1), scored(2, 1, 0.8, 0.2), scored(3, 1, 0.3, 0.7)]
    second = [scored(2, 0, 0.8, 0.2), scored(1, 1, 0.9, 0.1), scored(4, 0, 1.0, 0.0)]
    comparison = compare(("ant", "bee"), first, ("bee", "ant"), second)
    assert (comparison.total, comparison.first_right, comparison.second_right) == (2, 1, 1)
    assert (comparison.only_first, comparison.only_second, comparison.agreeing) == (1, 1, 0)
    assert [mine.example for mine, _ in comparison.differing] == [1, 2]
    assert comparison.agreement == 0.0 and comparison.p_value == 1.0
    assert "equally often" in comparison.words


def test_a_clear_difference_and_a_chance_one_are_told_apart() -> None:
    good = [scored(n, 0, 0.9, 0.1) for n in range(20)]
    some = [scored(n, 0, *((0.9, 0.1) if n > 2 else (0.1, 0.9))) for n in range(20)]
    none = [scored(n, 0, 0.1, 0.9) for n in range(20)]
    labels = ("ant", "bee")
    assert "may well be chance" in compare(labels, good, labels, some).words
    clear = compare(labels, none, labels, good)
    assert clear.words.startswith("The second is right on 20 more of 20")
    assert "more than chance" in clear.words
    assert compare(labels, good, ("x", "y"), good).words == "They have no scored picture in common."
