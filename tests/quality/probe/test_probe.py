"""Probes find what is there, find nothing where nothing is, and never look at the answers."""

from __future__ import annotations

import numpy as np
import pytest

from tlcore.errors import ProbeImpossible
from tlcore.quality.probe.neighbours import nearest_neighbours
from tlcore.quality.probe.probe import Features, Score, Targets, best_stage, folds, linear_probe

BOTH = pytest.mark.parametrize("probe", [linear_probe, nearest_neighbours])


def features(
    apart: float, *, count: int = 90, labels: int = 3, width: int = 40, seed: int = 0
) -> tuple[Features, Targets]:
    """Labels as round clouds `apart` from each other, in numbers of very unlike sizes."""
    random = np.random.default_rng(seed)
    targets = np.arange(count) % labels
    places = random.normal(size=(labels, width)) * apart
    rows = places[targets] + random.normal(size=(count, width))
    return (rows * random.uniform(0.01, 100, width)).astype(np.float32), targets


@BOTH
def test_what_can_be_told_apart_is(probe: object) -> None:
    rows, targets = features(2.0)
    score = probe(rows, targets, np.arange(90))  # type: ignore[operator]
    assert score.accuracy > 0.95
    assert 0 < score.error < 0.05


@BOTH
def test_labels_at_random_are_guessed(probe: object) -> None:
    rows, targets = features(0.0, count=150)
    score = probe(rows, targets, np.arange(150))  # type: ignore[operator]
    assert score.accuracy < 1 / 3 + 3 * score.error


@BOTH
def test_copies_in_one_group_give_nothing_away(probe: object) -> None:
    rows, targets = features(0.0, count=60, width=400)
    rows, targets = np.repeat(rows, 3, axis=0), np.repeat(targets, 3)
    alone = probe(rows, targets, np.arange(180)).accuracy  # type: ignore[operator]
    grouped = probe(rows, targets, np.repeat(np.arange(60), 3)).accuracy  # type: ignore[operator]
    assert alone > grouped + 0.3
    assert grouped < 0.45


def test_every_picture_is_held_out_equally_often() -> None:
    _, targets = features(1.0, count=47)
    times = np.zeros(47)
    for known, held_out in folds(targets, np.arange(47), seed=3):
        assert not set(known) & set(held_out)
        times[held_out] += 1
    assert set(times) == {2}


def test_two_pictures_of_a_label_are_enough() -> None:
    rows, _ = features(2.0, count=6)
    score = linear_probe(rows, np.array([0, 0, 0, 0, 1, 1]), np.arange(6))
    assert 0 <= score.accuracy <= 1


def test_one_group_for_each_label_cannot_be_probed() -> None:
    rows, _ = features(2.0, count=6)
    targets = np.array([0, 0, 0, 1, 1, 1])
    with pytest.raises(ProbeImpossible):
        linear_probe(rows, targets, targets)


def test_the_same_seed_gives_the_same_score() -> None:
    rows, targets = features(0.4)
    twice = [linear_probe(rows, targets, np.arange(90), seed=1).rights for _ in range(2)]
    assert np.array_equal(*twice)


def test_gains_are_paired() -> None:
    random = np.random.default_rng(0)
    easy = (random.random(400) < 0.7).astype(float)
    better = Score(np.maximum(easy, random.random(400) < 0.1))
    gain, error = better.gain(Score(easy))
    assert gain > 2 * error > 0
    assert error < better.error, "pairing takes out what is hard for both"
    assert Score(easy).gain(Score(easy))[0] == 0


def test_of_equal_stages_the_last_is_best() -> None:
    low, high = Score(np.array([0.0, 1.0])), Score(np.array([1.0, 1.0]))
    assert best_stage([low, high, high]) == 2
    assert best_stage([high, low]) == 0
