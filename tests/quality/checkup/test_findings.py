"""Findings are plain data that survive JSON, keep their key, and gather into a short list."""

from __future__ import annotations

import json

from tlcore.quality.checkup.findings import CheckUp, Finding, Kind, Mend, in_order
from tlcore.quality.checkup.topics import topics


def finding(kind: Kind, *examples: int, reason: str = "", score: float = 0.5) -> Finding:
    files = tuple(f"{number}.jpg" for number in examples)
    mend = Mend("relabel", examples, "Move it to “ant”", question=1, label=2)
    words = f"{len(examples)} pictures of “rose”"
    return Finding(kind, reason, examples, files, score, words, "Look at them.", (mend,), (7,))


def test_a_checkup_survives_json() -> None:
    findings = (finding(Kind.LEAK, 1, 2, reason="same"), finding(Kind.DARK, 3))
    checkup = CheckUp("abc", "some", 9, findings, ("A note.",), {"features": 1.5})
    assert CheckUp.from_json(json.loads(json.dumps(checkup.to_json()))) == checkup


def test_a_key_depends_on_what_is_found_and_not_on_how_sure_it_is() -> None:
    dark = finding(Kind.DARK, 3, 4)
    assert dark.key == finding(Kind.DARK, 4, 3, score=0.9).key
    assert dark.key != finding(Kind.BLURRED, 3, 4).key
    assert dark.key != finding(Kind.DARK, 3).key


def test_topics_gather_by_what_they_say() -> None:
    findings = [
        finding(Kind.DARK, 3),
        finding(Kind.BLURRED, 4, reason="blur"),
        finding(Kind.BLURRED, 5, reason="uniform"),
        finding(Kind.NEAR_DUPLICATE, 1, 2, reason="near", score=0.2),
        finding(Kind.NEAR_DUPLICATE, 6, 7, reason="cropped", score=0.7),
    ]
    listed = topics(findings)
    assert [(topic.kind, topic.reason) for topic in listed] == [
        (Kind.NEAR_DUPLICATE, ""),
        (Kind.BLURRED, "blur"),
        (Kind.BLURRED, "uniform"),
        (Kind.DARK, ""),
    ]
    assert listed[0].words == "2 groups of pictures are nearly the same."
    assert [each.examples for each in listed[0].findings] == [(6, 7), (1, 2)]
    assert listed[0].pictures == 4
    assert listed[3].words == "One picture is very dark."


def test_the_most_serious_kind_comes_first() -> None:
    findings = [finding(Kind.SMALL, 1), finding(Kind.LEAK, 2), finding(Kind.LEAK, 3, score=0.9)]
    assert [each.examples[0] for each in in_order(findings)] == [3, 2, 1]
