"""Prototypes answer by the nearest mean, with probabilities that were measured, not assumed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.quality.instant.prototypes import Prototypes, nearest


def clouds(
    count: int, each: int, spread: float, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Middles (K, 32), points (K·each, 32) around them, and whose they are."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(count, 32)).astype(np.float32)
    targets = np.repeat(np.arange(count), each)
    noise = random.normal(size=(len(targets), 32)).astype(np.float32) * spread
    return middles, middles[targets] + noise, targets


def test_one_picture_of_two_labels_is_enough() -> None:
    middles, points, targets = clouds(2, 1, 0.0)
    shares = Prototypes.of(points, targets, 2).probabilities(middles)
    assert shares.argmax(axis=1).tolist() == [0, 1]
    assert shares.sum(axis=1) == pytest.approx(1.0)


def test_new_points_get_the_label_of_their_cloud() -> None:
    _, points, targets = clouds(5, 40, 0.7)
    learned = np.arange(len(points)) % 40 < 5
    prototypes = Prototypes.of(points[learned], targets[learned], 5, background=points)
    answers = prototypes.probabilities(points[~learned]).argmax(axis=1)
    assert (answers == targets[~learned]).mean() > 0.9


def test_its_certainty_follows_how_hard_it_is() -> None:
    easy = Prototypes.of(*clouds(4, 20, 0.3)[1:], 4)
    hard = Prototypes.of(*clouds(4, 20, 6.0)[1:], 4)
    assert easy.sharpness > 2 * hard.sharpness
    _, points, targets = clouds(4, 400, 2.5, seed=3)
    learned = np.arange(len(points)) % 400 < 20
    shares = Prototypes.of(points[learned], targets[learned], 4).probabilities(points[~learned])
    right = (shares.argmax(axis=1) == targets[~learned]).mean()
    assert abs(shares.max(axis=1).mean() - right) < 0.12


def test_the_most_similar_picture_is_named() -> None:
    _, points, targets = clouds(3, 10, 0.5)
    prototypes = Prototypes.of(points, targets, 3)
    assert nearest(points, points, prototypes).tolist() == list(range(30))


def test_a_label_without_pictures_is_a_mistake_of_the_caller() -> None:
    _, points, targets = clouds(3, 2, 0.5)
    with pytest.raises(ValueError, match="3 labels"):
        Prototypes.of(points[targets > 0], targets[targets > 0], 3)


@given(st.integers(2, 5), st.integers(1, 4), st.integers(0, 1000))
def test_the_order_of_pictures_does_not_matter(count: int, each: int, seed: int) -> None:
    _, points, targets = clouds(count, each, 1.0, seed)
    order = np.random.default_rng(seed).permutation(len(points))
    there = Prototypes.of(points, targets, count).probabilities(points)
    other = Prototypes.of(points[order], targets[order], count).probabilities(points)
    assert np.allclose(there, other, atol=1e-3)
