"""The contract of every detector: its words, icon and mends, what it finds, and what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.quality.checkup.test_signs import PLAIN, example, project
from tests.quality.test_forecast import cloud
from tlcore.images.intake.report import Refusal
from tlcore.quality.checkup.copies import CopyGroup
from tlcore.quality.checkup.detectors import DETECTORS, Detector, Evidence, detector_of
from tlcore.quality.checkup.findings import Finding, Kind
from tlcore.quality.checkup.measures import Measures
from tlcore.workspace.records import Split

COUNT = 40
FEATURES, TARGETS = cloud((20, 20), spread=0.5)


def clean(**changes: object) -> Evidence:
    """Forty pictures under two labels with which nothing is wrong."""
    examples = [example(n, int(target) + 1) for n, target in enumerate(TARGETS)]
    evidence = Evidence(project(examples), lambda _: PLAIN, (), FEATURES)
    return replace(evidence, **changes)  # type: ignore[arg-type]


def measured(odd: Callable[[int], bool], **changes: object) -> Evidence:
    """The same, some of them with other measures."""
    measures = replace(PLAIN, **changes)  # type: ignore[arg-type]

    def measure(sha: str) -> Measures:
        return measures if odd(int(sha, 16)) else PLAIN

    return clean(measure=measure)


def changed(number: int, features: np.ndarray = FEATURES, **changes: object) -> Evidence:
    """The same with one changed example; `features` (N, F)."""
    examples = list(clean().pictures.examples)
    examples[number] = replace(examples[number], **changes)  # type: ignore[arg-type]
    return clean(pictures=project(examples), features=features)


def copied(how: str, first: int, second: int, **changes: object) -> Evidence:
    """The same with two pictures that are copies of each other."""
    return replace(changed(first, **changes), copies=[CopyGroup((first, second), how)])


def far_away() -> np.ndarray:
    """Features (N, F) of which the first lie far from all others."""
    features = FEATURES.copy()
    features[0] += 40
    return features


PLANTED: dict[Kind, Evidence] = {
    Kind.REFUSED: clean(refusals=[Refusal("a.txt", "It is a text.", "Leave it out.")]),
    Kind.CONTRADICTION: copied("near", 0, 39),
    Kind.LEAK: copied("same", 0, 1, split=Split.TEST),
    Kind.SUSPECT_LABEL: changed(0, answers={7: 2}),
    Kind.SHORTCUT: measured(lambda number: number < 20, camera="Acme 3"),
    Kind.DUPLICATE: copied("same", 0, 1),
    Kind.NEAR_DUPLICATE: copied("near", 0, 1),
    Kind.IMBALANCE: clean(pictures=project(list(clean().pictures.examples), labels=3)),
    Kind.OUTLIER: changed(0, far_away()),
    Kind.BLURRED: measured(lambda number: number == 0, edges=2.0),
    Kind.DARK: measured(lambda number: number == 0, light=0.01, bright=0.1),
    Kind.SMALL: changed(0, width=20, height=20),
}
each_detector = pytest.mark.parametrize("detector", DETECTORS, ids=lambda detector: detector.kind)


def findings(detector: Detector, evidence: Evidence) -> list[Finding]:
    return list(detector.find(evidence))


def test_every_kind_has_one_detector_in_the_order_of_seriousness() -> None:
    assert [detector.kind for detector in DETECTORS] == list(Kind)
    assert all(detector_of(kind).kind is kind for kind in Kind)


@each_detector
def test_it_finds_what_was_planted_and_words_it(detector: Detector) -> None:
    planted = findings(detector, PLANTED[detector.kind])
    assert planted
    for finding in planted:
        assert finding.kind is detector.kind and 0 <= finding.score <= 1
        assert finding.words and finding.remedy
        assert {mend.action for mend in finding.mends} <= set(detector.mends)
        assert bool(finding.mends) == bool(detector.mends)
    proposed = {mend.action for finding in planted for mend in finding.mends}
    if detector.kind is not Kind.LEAK:  # of the same bytes one is deleted, of near ones none is
        assert proposed == set(detector.mends)


@each_detector
def test_it_finds_nothing_where_nothing_is_wrong(detector: Detector) -> None:
    assert findings(detector, clean()) == []


@each_detector
def test_without_features_it_finds_nothing_if_it_needs_them_and_the_same_if_not(
    detector: Detector,
) -> None:
    evidence = PLANTED[detector.kind]
    blind = findings(detector, replace(evidence, features=None))
    assert blind == ([] if detector.features == "needed" else findings(detector, evidence))


@each_detector
def test_it_has_an_icon_and_words_for_one_and_for_many(detector: Detector) -> None:
    assert detector.icon.replace("_", "").isalpha()
    assert detector.topics
    for reason in [*detector.topics, "another reason"]:
        singular, plural = (detector.topic_words(reason, count) for count in (1, 3))
        assert "3" in plural and "{" not in singular + plural and singular != plural


@each_detector
def test_all_can_only_be_mended_at_once_where_there_is_a_mend(detector: Detector) -> None:
    assert detector.mends or not detector.mend_all
