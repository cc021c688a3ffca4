"""The check after writing: the exported file must answer as the app does. No torch here.

The same pictures go through the app (float32) and through the file that was just written. A file
that answers otherwise is not handed out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_APART = 1e-3  # of probabilities, for what claims to be the same classifier
LEAST_EQUAL_INT8 = 0.98  # share of equal labels, for what is rounded on purpose

Rows = Sequence[Sequence[float]] | npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class CheckPicture:
    """One picture to check with: its working copy, what it was made from, its label if known.

    `target` is a position in the classifier's labels.
    """

    copy: Path | bytes
    original: Path | bytes
    target: int | None = None


@dataclass(frozen=True)
class CheckSet:
    """Pictures to check with. `origin` says in words whose; `calibration` are others, to round by.

    `calibration` holds working copies.
    """

    pictures: tuple[CheckPicture, ...]
    origin: str
    calibration: tuple[Path | bytes, ...] = ()


@dataclass(frozen=True)
class Check:
    """How an exported file did: over `pictures` pictures, `equal` labels were those of the app.

    `apart` is the largest difference of a probability, `accuracy_app` and `accuracy_file` the
    shares of right answers where the right ones are known.
    """

    pictures: int
    origin: str
    equal: int
    apart: float
    rounded: bool
    accuracy_app: float | None = None
    accuracy_file: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the file may be handed out."""
        if self.pictures == 0:
            return False
        if self.rounded:
            return self.equal >= LEAST_EQUAL_INT8 * self.pictures
        return self.equal == self.pictures and self.apart <= MOST_APART

    @property
    def words(self) -> str:
        """For example “40 of 40 test pictures got the same label; at most 0.0002 apart”."""
        words = f"{self.equal} of {self.pictures} {self.origin} got the same label as in the app"
        # in plain decimals, so that nobody has to read 2.5e-05
        words += f"; probabilities at most {math.ceil(1e5 * self.apart) / 1e5:.5f} apart"
        if self.rounded and self.accuracy_app is not None and self.accuracy_file is not None:
            words += (
                f"; right answers {100 * self.accuracy_file:.1f} % "
                f"instead of {100 * self.accuracy_app:.1f} %"
            )
        return words + "."

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed, "words": self.words}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Check:
        """Read what `to_json` wrote."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


def compare(checked: CheckSet, app: Rows, file: Rows, *, rounded: bool = False) -> Check:
    """Compare two answers (pictures, labels) for the same pictures.

    Labels that differ only because two of the app's probabilities are closer than the allowed
    difference count as equal: neither side is wrong about a tie.
    """
    ours, theirs = np.asarray(app, np.float64), np.asarray(file, np.float64)
    sound = ours.shape == theirs.shape and bool(np.isfinite(theirs).all())
    if not sound or not len(ours):
        return Check(len(ours), checked.origin, 0, 1.0, rounded)
    best, said = ours.argmax(1), theirs.argmax(1)
    rows = np.arange(len(ours))
    tie = 0.0 if rounded else MOST_APART
    equal = (best == said) | (ours[rows, best] - ours[rows, said] <= tie)
    known = np.array([one.target is not None for one in checked.pictures])
    targets = np.array([-1 if one.target is None else one.target for one in checked.pictures])
    right = (best == targets)[known], (said == targets)[known]
    return Check(
        pictures=len(ours),
        origin=checked.origin,
        equal=int(equal.sum()),
        apart=float(np.abs(ours - theirs).max()),
        rounded=rounded,
        accuracy_app=float(right[0].mean()) if known.any() else None,
        accuracy_file=float(right[1].mean()) if known.any() else None,
    )
