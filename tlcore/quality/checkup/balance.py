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
    for example in pictures.labelled:
        by_label[pictures.label_of(example) or 0].append(example)
    enough = [len(members) for members in by_label.values() if len(members) >= FEW]
    typical = float(np.median(enough or [0]))
    findings = []
    for label in pictures.labels:
        members = by_label[label.id]
        if len(members) < FEW:
            findings.append(_few(label, members))
        elif len(members) < UNEVEN * typical:
            findings.append(_uneven(label, members, typical))
    return findings


def _few(label: Label, members: Sequence[Example]) -> Finding:
    count = len(members)
    noun = "picture" if count == 1 else "pictures"
    return Finding(
        kind=Kind.IMBALANCE,
        reason="few",
        examples=tuple(example.id for example in members),
        files=files_of(members),
        score=1 - count / FEW,
        words=f"“{label.name}” has {count or 'no'} {noun}.",
        remedy=f"Add at least {FEW - count} more, taken on different occasions.",
        labels=(label.id,),
        details={"pictures": count},
    )


def _uneven(label: Label, members: Sequence[Example], typical: float) -> Finding:
    count = len(members)
    return Finding(
        kind=Kind.IMBALANCE,
        reason="uneven",
        examples=tuple(example.id for example in members),
        files=files_of(members),
        score=1 - count / typical,
        words=f"“{label.name}” has {count} pictures; other labels typically have {typical:.0f}.",
        remedy=(
            "A classifier would learn to say it too rarely. Add pictures of it, or weigh the "
            "labels when you train."
        ),
        labels=(label.id,),
        details={"pictures": count, "typical": typical},
    )
