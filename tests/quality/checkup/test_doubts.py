"""Answers learned without a picture, wrong labels, and pictures unlike all others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.quality.checkup.test_signs import example, project
from tests.quality.test_forecast import cloud
from tlcore.jobs.stopping import Stopped
from tlcore.quality.checkup.outliers import outlier_findings, outlier_scores
from tlcore.quality.checkup.suspects import suspect_findings, suspects
from tlcore.quality.linear import LinearProbe, folds, out_of_sample


def test_wrong_labels_come_first_among_the_suspects() -> None:
    features, targets = cloud((60, 60, 60), spread=1.2)
    random = np.random.default_rng(1)
    wrong = random.choice(180, 9, replace=False)
    given = targets.copy()
    given[wrong] = (targets[wrong] + random.integers(1, 3, 9)) % 3
    places = suspects(given, out_of_sample(features, given, 3))
    assert len(set(wrong) & set(places.tolist())) >= 7
    assert len(places) <= 10


def test_a_label_of_one_recording_is_not_suspected() -> None:
    """What is learned without its one group has never seen the label, and calls all of it wrong."""
    features, targets = cloud((20, 20, 20), spread=0.5)
    examples = [example(place, int(target) + 1) for place, target in enumerate(targets)]
    assert suspect_findings(project(examples, labels=3), features, [range(40, 60)]) == []
    every = [range(20), range(20, 40), range(40, 60)]
    assert suspect_findings(project(examples, labels=3), features, every) == []
    recorded = [replace(each, group="Monday" if each.id >= 40 else None) for each in examples]
    assert suspect_findings(project(recorded, labels=3), features) == []


def test_answers_are_learned_without_the_picture_and_its_group() -> None:
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 4)
    features = random.normal(size=(30, 20)).astype(np.float32)[groups]
    targets = (np.arange(30) % 2)[groups]  # nothing but recognising the group tells it
    alone = out_of_sample(features, targets, 2).argmax(axis=1)
    apart = out_of_sample(features, targets, 2, groups).argmax(axis=1)
    assert (alone == targets).mean() > 0.9 > 0.75 > (apart == targets).mean()
    for training, testing in folds(targets, groups):
        assert not set(groups[training]) & set(groups[testing])


@pytest.mark.parametrize("each", [(1, 1), (2, 9), (1, 30), (5, 5, 1)])
def test_labels_of_few_pictures_do_no_harm(each: tuple[int, ...]) -> None:
    features, targets = cloud(each)
    probabilities = out_of_sample(features, targets, len(each))
    assert probabilities.shape == (sum(each), len(each))
    assert probabilities.sum(axis=1) == pytest.approx(1.0)


def test_a_label_that_was_never_seen_is_never_answered() -> None:
    features, targets = cloud((20, 20))
    probabilities = LinearProbe(features, targets + 1, 4).probabilities(features)
    assert probabilities[:, [0, 3]].max() == 0 and probabilities.sum(axis=1) == pytest.approx(1.0)
    only = LinearProbe(features[:20], targets[:20], 2).probabilities(features)
    assert (only == [1.0, 0.0]).all()


def test_it_stops_when_asked() -> None:
    features, targets = cloud((20, 20))
    with pytest.raises(Stopped):
        out_of_sample(features, targets, 2, stop=lambda: True)


def test_what_does_not_belong_is_strange_and_nothing_else() -> None:
    random = np.random.default_rng(0)
    usual = random.normal(size=(200, 40)) @ random.normal(size=(40, 80))
    foreign = random.normal(size=(3, 80)) * 30
    features = np.concatenate([usual, foreign]).astype(np.float32)
    findings = outlier_findings([example(number) for number in range(203)], features)
    assert {finding.examples[0] for finding in findings} == {200, 201, 202}
    assert outlier_scores(features)[:200].max() < outlier_scores(features)[200:].min()


def test_a_few_pictures_have_no_outliers() -> None:
    features = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    features[0] += 100
    assert outlier_findings([example(number) for number in range(20)], features) == []


def test_pictures_that_are_all_the_same_are_not_strange() -> None:
    features = np.ones((40, 16), np.float32)
    assert outlier_findings([example(number) for number in range(40)], features) == []
