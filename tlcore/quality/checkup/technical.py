"""Pictures that show little: blurred, dark, empty, tiny, or long and narrow.

Every limit is absolute and relative to the project: where all pictures are smooth (X-rays, fog) or
small (digits of eight pixels), that is how this project's pictures are, and nothing is amiss.
Limits on sharpness were set on eight sets of photographs at thumbnail size: of 480 untouched ones
the lowest had an edge variance of 65; blurred by a hundredth of their side, most had under 10.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tlcore.quality.checkup.findings import Finding, Kind, Mend
from tlcore.quality.checkup.measures import Measures
from tlcore.workspace.records import Example

FEW_EDGES, FEWER_EDGES = 30.0, 12.0
FEW_FOR_CONTRAST = 0.01
SHARPER = 6.0  # times as many edges has a sharp picture of the same project
DARK_LIGHT, DARK_BRIGHT = 0.045, 0.25
EMPTY, NEARLY_EMPTY = 0.012, 0.02
SMALL_SIDE, SMALLEST_SIDE = 48, 12
SMALL_SHARE = 1 / 3
NARROW, NARROWER = 4.0, 2.5
LOOK = "Look at it: if it shows what its label says, leave it; else delete it."


def technical_findings(
    examples: Sequence[Example], measure: Callable[[str], Measures]
) -> list[Finding]:
    """At most one finding for each example that shows little; the first that fits."""
    if not examples:
        return []
    measures = [measure(example.picture) for example in examples]
    sharp = float(np.percentile([values.edges for values in measures], 75))
    sides = [min(example.width, example.height) for example in examples]
    aspects = [_aspect(example) for example in examples]
    side, aspect = float(np.median(sides)), float(np.median(aspects))
    findings = []
    for example, seen in zip(examples, measures, strict=True):
        finding = (
            _empty(example, seen)
            or _dark(example, seen)
            or _small(example, side)
            or _blurred(example, seen, sharp)
            or _narrow(example, aspect)
        )
        if finding:
            findings.append(finding)
    return findings


def _empty(example: Example, seen: Measures) -> Finding | None:
    if seen.contrast > (EMPTY if seen.bright < DARK_BRIGHT else NEARLY_EMPTY):
        return None
    words = f"“{example.source_name}” is nearly one colour: there is next to nothing to see."
    return _finding(Kind.BLURRED, "uniform", example, 1 - seen.contrast / NEARLY_EMPTY / 2, words)


def _dark(example: Example, seen: Measures) -> Finding | None:
    if seen.light >= DARK_LIGHT and seen.bright >= DARK_BRIGHT:
        return None
    if seen.bright >= 2 * DARK_BRIGHT:  # small and bright on black, as through a telescope
        return None
    words = f"“{example.source_name}” is very dark."
    return _finding(Kind.DARK, "", example, 1 - min(seen.bright, 1.0), words)


def _small(example: Example, median: float) -> Finding | None:
    side = min(example.width, example.height)
    if side >= SMALL_SIDE or side > SMALL_SHARE * median or median < SMALLEST_SIDE:
        return None
    words = (
        f"“{example.source_name}” has only {example.width} × {example.height} pixels, "
        "far fewer than others."
    )
    return _finding(Kind.SMALL, "pixels", example, 1 - side / SMALL_SIDE, words)


def _blurred(example: Example, seen: Measures, sharp: float) -> Finding | None:
    few = seen.edges < FEWER_EDGES
    few = few or (seen.edges < FEW_EDGES and seen.relative_edges < FEW_FOR_CONTRAST)
    if not few or seen.edges * SHARPER > sharp:
        return None
    words = f"“{example.source_name}” is blurred."
    return _finding(Kind.BLURRED, "blur", example, 1 - seen.edges / FEW_EDGES, words)


def _narrow(example: Example, median: float) -> Finding | None:
    aspect = _aspect(example)
    if aspect < NARROW or aspect < NARROWER * median:
        return None
    words = (
        f"“{example.source_name}” is very long and narrow "
        f"({example.width} × {example.height} pixels). "
        "The network looks at a square, so most of it is cut off or squeezed."
    )
    return _finding(Kind.SMALL, "aspect", example, 1 - NARROW / 2 / aspect, words)


def _aspect(example: Example) -> float:
    shorter, longer = sorted((max(1, example.width), max(1, example.height)))
    return longer / shorter


def _finding(kind: Kind, reason: str, example: Example, score: float, words: str) -> Finding:
    mend = Mend("delete", (example.id,), "Delete it")
    return Finding(
        kind, reason, (example.id,), (example.source_name,), round(score, 3), words, LOOK, (mend,)
    )
