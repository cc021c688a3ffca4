"""Labels with too few pictures, or far fewer than the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tlcore.quality.checkup.findings import Finding, Kind
from tlcore.quality.pictures import ProjectPictures, files_of
from tlcore.workspace.records import Example, Label

FEW = 10  # pictures: with fewer, one or two would be the whole score
UNEVEN = 0.25  # of the typical label


def balance_findings(pictures: ProjectPictures) -> list[Finding]:
    """One finding for each label that has too few; the fewer, the higher its score."""
    by_label: dict[int, list[Example]] = {label.id: [] for label in pictures.labels}
    for one in pictures.labelled:
        by_label[pictures.label_of(one) or 0].append(one)
    enough = [len(found) for found in by_label.values() if len(found) >= FEW]
    typical = float(np.median(enough or [0]))
    findings = []
    for label in pictures.labels:
        found = by_label[label.id]
        if len(found) < FEW:
            findings.append(_few(label, found))
        elif len(found) < UNEVEN * typical:
            findings.append(_uneven(label, found, typical))
    return findings


def _few(label: Label, found: Sequence[Example]) -> Finding:
    count = len(found)
    noun = "picture" if count == 1 else "pictures"
    return Finding(
        kind=Kind.IMBALANCE,
        reason="few",
        examples=tuple(one.id for one in found),
        files=files_of(found),
        score=1 - count / FEW,
        words=f"“{label.name}” has {count or 'no'} {noun}.",
        remedy=f"Add at least {FEW - count} more, taken on different occasions.",
        labels=(label.id,),
        details={"pictures": count},
    )


def _uneven(label: Label, found: Sequence[Example], typical: float) -> Finding:
    count = len(found)
    return Finding(
        kind=Kind.IMBALANCE,
        reason="uneven",
        examples=tuple(one.id for one in found),
        files=files_of(found),
        score=1 - count / typical,
        words=f"“{label.name}” has {count} pictures; other labels typically have {typical:.0f}.",
        remedy=(
            "A classifier would learn to say it too rarely. Add pictures of it, or weigh the "
            "labels when you train."
        ),
        labels=(label.id,),
        details={"pictures": count, "typical": typical},
    )
