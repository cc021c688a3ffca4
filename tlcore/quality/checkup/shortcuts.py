"""Labels that can be told without looking at what the pictures show: by camera, day, format, size.

A network finds the easiest difference (Geirhos et al. 2020, "Shortcut learning"). Where all
pictures of one label come from one camera and those of the others do not, it may learn the camera.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from tlcore.quality.checkup.findings import Finding, Kind
from tlcore.quality.checkup.measures import Measures
from tlcore.quality.pictures import ProjectPictures, files_of
from tlcore.workspace.records import Example

LEAST = 8  # pictures of a label, and of all others, to say anything
MOSTLY, HARDLY = 0.9, 0.1
TOLD_BY_SIZE = 0.97  # area under the ROC curve
SIZE_RATIO = 1.3  # between the typical sizes

REMEDY = (
    "The classifier may learn that instead of what is in the pictures, and fail on new ones. Add "
    "pictures of every label made in the same ways."
)


@dataclass(frozen=True)
class _Seen:
    """One picture as its file describes it."""

    example: Example
    label: int
    values: dict[str, str | None]
    side: float
    aspect: float


def shortcut_findings(
    pictures: ProjectPictures, measure: Callable[[str], Measures]
) -> list[Finding]:
    """At most one finding per label and sign: "camera", "date", "format" or "size"."""
    seen = [_see(pictures, example, measure(example.picture)) for example in pictures.labelled]
    findings = []
    for label in pictures.labels:
        mine = [traits for traits in seen if traits.label == label.id]
        others = [traits for traits in seen if traits.label != label.id]
        if min(len(mine), len(others)) < LEAST:
            continue
        for sign in ("camera", "date", "format"):
            match = _told(sign, label.name, mine, others)
            if match:
                findings.append(_finding(sign, label.id, mine, *match))
        match = _told("size", label.name, mine, others) or _told_by_size(label.name, mine, others)
        if match:
            findings.append(_finding("size", label.id, mine, *match))
    return _once(findings, len(pictures.labels))


def _see(pictures: ProjectPictures, example: Example, measures: Measures) -> _Seen:
    width, height = max(1, example.width), max(1, example.height)
    values = {
        "camera": measures.camera,
        "date": measures.day,
        "format": measures.format,
        "size": f"{width} × {height}",
    }
    label = pictures.label_of(example) or 0
    return _Seen(example, label, values, float(np.sqrt(width * height)), width / height)


def _told(
    sign: str, name: str, mine: Sequence[_Seen], others: Sequence[_Seen]
) -> tuple[float, str] | None:
    """Whether one value of a sign is nearly all of a label's and hardly anyone else's."""
    value, count = Counter(traits.values[sign] for traits in mine).most_common(1)[0]
    share = count / len(mine)
    elsewhere = sum(traits.values[sign] == value for traits in others) / len(others)
    if share < MOSTLY or elsewhere > HARDLY:
        return None
    whose = "All" if share == 1 else f"{share:.0%} of"
    rest = "none" if elsewhere == 0 else f"{elsewhere:.0%}"
    return (
        share - elsewhere,
        f"{whose} pictures of “{name}” {_said(sign, value)}; of the others, {rest}.",
    )


def _said(sign: str, value: str | None) -> str:
    if value is None:
        return {
            "camera": "name no camera",
            "date": "say nothing of the day when they were taken",
        }.get(sign, "are of an unknown format")
    return {
        "camera": f"were taken with one camera ({value})",
        "date": f"were taken on one day ({value})",
        "format": f"are {value} files",
        "size": f"have {value} pixels",
    }[sign]


def _told_by_size(
    name: str, mine: Sequence[_Seen], others: Sequence[_Seen]
) -> tuple[float, str] | None:
    """Whether nearly every picture of a label is larger (or smaller, wider, taller) than others."""
    for what, more, less in (("side", "larger", "smaller"), ("aspect", "wider", "taller")):
        own = np.array([getattr(seen, what) for seen in mine])
        rest = np.array([getattr(seen, what) for seen in others])
        area = _area(own, rest)
        ratio = float(np.median(own) / np.median(rest))
        if max(area, 1 - area) >= TOLD_BY_SIZE and max(ratio, 1 / ratio) >= SIZE_RATIO:
            how = more if area > 0.5 else less
            return 2 * max(area, 1 - area) - 1, f"Pictures of “{name}” are {how} than all others."
    return None


def _area(own: np.ndarray, rest: np.ndarray) -> float:
    """How often a value of `one` exceeds one of `rest` (Mann–Whitney); ties count half."""
    ranks = rankdata(np.concatenate([own, rest]))[: len(own)]
    return float((ranks.sum() - len(own) * (len(own) + 1) / 2) / (len(own) * len(rest)))


def _finding(sign: str, label: int, mine: Sequence[_Seen], score: float, words: str) -> Finding:
    examples = [traits.example for traits in mine]
    return Finding(
        kind=Kind.SHORTCUT,
        reason=sign,
        examples=tuple(example.id for example in examples),
        files=files_of(examples),
        score=round(score, 3),
        words=words,
        remedy=REMEDY,
        labels=(label,),
    )


def _once(findings: Sequence[Finding], labels: int) -> list[Finding]:
    """Of two labels, what tells one tells the other: the first finding of each sign is enough."""
    if labels != 2:
        return list(findings)
    kept: dict[str, Finding] = {}
    for finding in findings:
        kept.setdefault(finding.reason, finding)
    return list(kept.values())
