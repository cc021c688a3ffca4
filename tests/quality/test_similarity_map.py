"""Maps keep what is alike together, within the frame, and are the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.quality import similarity_map
from tlcore.quality.similarity_map import neighbour_map, principal, quick_map


def clouds(count: int, each: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    targets = np.repeat(np.arange(count), each)
    middles = random.normal(size=(count, 60)) * 4
    return (middles[targets] + random.normal(size=(len(targets), 60))).astype(np.float32), targets


def neighbours_agree(points: np.ndarray, targets: np.ndarray) -> float:
    distance = np.square(points[:, None] - points[None]).sum(axis=-1)
    np.fill_diagonal(distance, np.inf)
    return float((targets[distance.argmin(axis=1)] == targets).mean())


def test_what_is_alike_lies_together() -> None:
    features, targets = clouds(6, 20)
    points = neighbour_map(principal(features))
    assert points.shape == (120, 2)
    assert neighbours_agree(points, targets) > 0.95
    assert np.abs(points).max() == pytest.approx(1.0)
    assert np.array_equal(points, neighbour_map(principal(features)))


def test_beyond_the_limit_pictures_go_between_their_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(similarity_map, "MOST_PLACED", 60)
    features, targets = clouds(4, 40)
    points = neighbour_map(principal(features))
    assert neighbours_agree(points, targets) > 0.95
    assert len(np.unique(points.round(9), axis=0)) == 160


@pytest.mark.parametrize("count", [1, 2, 3, 7, 9])
def test_a_few_pictures_have_a_place_too(count: int) -> None:
    features = np.random.default_rng(0).normal(size=(count, 5)).astype(np.float32)
    for points in (quick_map(principal(features)), neighbour_map(principal(features))):
        assert points.shape == (count, 2) and np.isfinite(points).all()
