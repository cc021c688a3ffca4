"""A short list of what a check-up found: its findings gathered by what they are about. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tlcore.quality.checkup.detectors import detector_of
from tlcore.quality.checkup.findings import Finding, Kind, in_order


@dataclass(frozen=True)
class Topic:
    """Findings of one kind and reason, as one line of a short list."""

    kind: Kind
    reason: str
    words: str
    findings: tuple[Finding, ...]

    @property
    def pictures(self) -> int:
        """How many different pictures it is about."""
        return len({example for finding in self.findings for example in finding.examples})


def topics(findings: Iterable[Finding]) -> list[Topic]:
    """A short list: findings gathered by kind (and by reason where it has words of its own).

    In the order of `Kind`; within a topic the surest first.
    """
    gathered: dict[tuple[Kind, str], list[Finding]] = {}
    for finding in findings:
        reason = detector_of(finding.kind).topic_reason(finding.reason)
        gathered.setdefault((finding.kind, reason), []).append(finding)
    order = list(Kind)
    return [
        Topic(
            kind,
            reason,
            detector_of(kind).topic_words(reason, len(members)),
            tuple(in_order(members)),
        )
        for (kind, reason), members in sorted(
            gathered.items(), key=lambda entry: order.index(entry[0][0])
        )
    ]
