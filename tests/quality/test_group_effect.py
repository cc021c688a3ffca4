"""A random split flatters where groups look alike, and does not where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.quality.test_forecast import value_of
from tlcore.errors import GraftError
from tlcore.quality.group_effect import grouping_scores


def patients(alike: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """24 patients with 8 pictures each, two labels; how much a patient's pictures are alike."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(24), 8)
    targets = groups % 2
    person = random.normal(size=(24, 40))[groups] * alike
    label = random.normal(size=(2, 40))[targets] * 0.25
    features = person + label + random.normal(size=(192, 40))
    return features.astype(np.float32), targets, groups


def test_it_flatters_where_pictures_of_a_group_are_alike() -> None:
    scores = value_of(grouping_scores(*patients(2.0)))
    assert scores.flatters > 0.15
    assert scores.groups == 24 and scores.pictures == 192
    assert scores.grouped.low < scores.grouped.mean < scores.grouped.high
    assert scores.grouped.high - scores.grouped.low > scores.random.high - scores.random.low


def test_it_does_not_where_they_are_not() -> None:
    assert abs(value_of(grouping_scores(*patients(0.0))).flatters) < 0.06


def test_labels_of_one_group_are_left_out_and_named() -> None:
    features, targets, groups = patients(1.0)
    targets = np.where(groups == 3, 2, targets)
    scores = value_of(grouping_scores(features, targets, groups))
    assert scores.alone == (2,)
    assert scores.pictures == 184


NEARLY_LABELS = np.repeat([0, 1], 96)
NEARLY_LABELS[[3, 4, 100, 101]] = [2, 3, 4, 5]  # a few strays do not make them groups
TWO_OF_A_LABEL = np.repeat([0, 1, 2, 3], 48)


@pytest.mark.parametrize(
    "groups", [np.arange(192), np.repeat([0, 1], 96), NEARLY_LABELS, TWO_OF_A_LABEL]
)
def test_groups_that_say_nothing_are_refused_in_words(groups: np.ndarray) -> None:
    features, targets, _ = patients(1.0)
    targets = np.repeat([0, 1], 96)
    with pytest.raises(GraftError, match="cannot be compared") as refusal:
        value_of(grouping_scores(features, targets, groups))
    assert refusal.value.remedy
