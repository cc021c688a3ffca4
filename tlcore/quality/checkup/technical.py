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
    measures = [measure(one.picture) for one in examples]
    sharp = float(np.percentile([one.edges for one in measures], 75))
    sides = [min(one.width, one.height) for one in examples]
    aspects = [_aspect(one) for one in examples]
    side, aspect = float(np.median(sides)), float(np.median(aspects))
    found = []
    for one, seen in zip(examples, measures, strict=True):
        finding = (
            _empty(one, seen)
            or _dark(one, seen)
            or _small(one, side)
            or _blurred(one, seen, sharp)
            or _narrow(one, aspect)
        )
        if finding:
            found.append(finding)
    return found


def _empty(one: Example, seen: Measures) -> Finding | None:
    if seen.contrast > (EMPTY if seen.bright < DARK_BRIGHT else NEARLY_EMPTY):
        return None
    words = f"“{one.source_name}” is nearly one colour: there is next to nothing to see."
    return _finding(Kind.BLURRED, "uniform", one, 1 - seen.contrast / NEARLY_EMPTY / 2, words)


def _dark(one: Example, seen: Measures) -> Finding | None:
    if seen.light >= DARK_LIGHT and seen.bright >= DARK_BRIGHT:
        return None
    if seen.bright >= 2 * DARK_BRIGHT:  # small and bright on black, as through a telescope
        return None
    words = f"“{one.source_name}” is very dark."
    return _finding(Kind.DARK, "", one, 1 - min(seen.bright, 1.0), words)


def _small(one: Example, median: float) -> Finding | None:
    side = min(one.width, one.height)
    if side >= SMALL_SIDE or side > SMALL_SHARE * median or median < SMALLEST_SIDE:
        return None
    words = (
        f"“{one.source_name}” has only {one.width} × {one.height} pixels, far fewer than others."
    )
    return _finding(Kind.SMALL, "pixels", one, 1 - side / SMALL_SIDE, words)


def _blurred(one: Example, seen: Measures, sharp: float) -> Finding | None:
    few = seen.edges < FEWER_EDGES
    few = few or (seen.edges < FEW_EDGES and seen.relative_edges < FEW_FOR_CONTRAST)
    if not few or seen.edges * SHARPER > sharp:
        return None
    words = f"“{one.source_name}” is blurred."
    return _finding(Kind.BLURRED, "blur", one, 1 - seen.edges / FEW_EDGES, words)


def _narrow(one: Example, median: float) -> Finding | None:
    aspect = _aspect(one)
    if aspect < NARROW or aspect < NARROWER * median:
        return None
    words = (
        f"“{one.source_name}” is very long and narrow ({one.width} × {one.height} pixels). The "
        "network looks at a square, so most of it is cut off or squeezed."
    )
    return _finding(Kind.SMALL, "aspect", one, 1 - NARROW / 2 / aspect, words)


def _aspect(one: Example) -> float:
    shorter, longer = sorted((max(1, one.width), max(1, one.height)))
    return longer / shorter


def _finding(kind: Kind, reason: str, one: Example, score: float, words: str) -> Finding:
    mend = Mend("delete", (one.id,), "Delete it")
    return Finding(
        kind, reason, (one.id,), (one.source_name,), round(score, 3), words, LOOK, (mend,)
    )
