"""Near, some way off and far mean what they say, however few the pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tlcore.quality.probe import distance as module
from tlcore.quality.probe.distance import (
    SourceStatistics,
    digest_of,
    distance,
    path_beside,
    statistics_of,
    summarise,
)

KINDS, WIDTH = 40, 64
NAMES = tuple(f"kind {number}" for number in range(KINDS))


def world(seed: int = 0) -> np.ndarray:
    """Where each kind of thing lies."""
    return np.random.default_rng(seed).normal(size=(KINDS, WIDTH))


def seen(places: np.ndarray, each: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    targets = np.repeat(np.arange(len(places)), each)
    random = np.random.default_rng(seed)
    rows = places[targets] + 2 * random.normal(size=(len(targets), WIDTH))
    return rows.astype(np.float32), targets


@pytest.fixture(scope="module")
def statistics() -> SourceStatistics:
    rows, targets = seen(world(), 25)
    return summarise(rows, targets, NAMES, source="drawn", fingerprint="f")


def test_known_things_are_near_and_named(statistics: SourceStatistics) -> None:
    result = distance(statistics, *seen(world()[[3, 7]], 60, seed=5))
    assert result.word == "near" and result.ratio < 0.5
    assert result.nearest == ("kind 3", "kind 7")


def test_new_things_of_the_same_world_are_not_far(statistics: SourceStatistics) -> None:
    result = distance(statistics, *seen(world(seed=9)[:5], 60))
    assert result.word == "near" and 0.8 < result.ratio < 1.25


@pytest.mark.parametrize(("shift", "word"), [(1.2, "some way off"), (4.0, "far")])
def test_another_world_is_further(statistics: SourceStatistics, shift: float, word: str) -> None:
    assert distance(statistics, *seen(world(seed=9)[:5] + shift, 60)).word == word


def test_few_pictures_look_no_stranger_than_many(statistics: SourceStatistics) -> None:
    places = world(seed=9)[:6] + 1.2
    few = np.mean([distance(statistics, *seen(places, 3, seed)).ratio for seed in range(20)])
    many = distance(statistics, *seen(places, 200)).ratio
    assert few == pytest.approx(many, rel=0.1)


def test_it_is_kept_beside_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_WEIGHTS", str(tmp_path))
    weights = tmp_path / "test_resnet.safetensors"
    weights.write_bytes(b"weights")
    assert statistics_of("test_resnet") is None
    made = summarise(*seen(world(), 9), NAMES, source="drawn", fingerprint=digest_of(weights))
    made.save(path_beside(weights))
    again = statistics_of("test_resnet")
    assert again is not None and again.names == NAMES and again.source == "drawn"
    rows = seen(world(seed=9)[:5] + 1.2, 60)
    assert distance(again, *rows).ratio == pytest.approx(distance(made, *rows).ratio, rel=0.01)
    weights.write_bytes(b"other weights")
    assert statistics_of("test_resnet") is None, "statistics of other weights"
    weights.write_bytes(b"weights")
    for damaged in (b"damaged", path_beside(weights).read_bytes()[:900], b""):
        path_beside(weights).write_bytes(damaged)
        assert statistics_of("test_resnet") is None


def test_the_words_follow_the_ratio() -> None:
    words = [module.word_for(ratio) for ratio in (0, module.NEAR, module.FAR, 9)]
    assert words == ["near", "some way off", "far", "far"]
