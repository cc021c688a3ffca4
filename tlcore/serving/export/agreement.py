"""The check after writing: the exported file must predict what the app predicts. No torch here.

The same pictures go through the app (float32) and through the file that was just written. A file
that predicts otherwise is not handed out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.serving.export.check_set import CheckSet

MOST_APART = 1e-3  # of probabilities, for what claims to be the same classifier
LEAST_EQUAL_INT8 = 0.98  # share of equal labels, for what is rounded on purpose

Rows = Sequence[Sequence[float]] | npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Agreement:
    """How far an exported file agrees with the app over a number of `pictures`.

    `equal` labels were those of the app, `apart` is the largest difference of a probability,
    `accuracy_app` and `accuracy_file` are the shares of right labels where those are known, and
    `rounded` tells whether the tolerance for quantised weights applies.
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
        """As it is stored and printed: the fields, whether it passed, and its words."""
        return {**asdict(self), "passed": self.passed, "words": self.words}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Agreement:
        """Read what `to_json` wrote."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})


def compare(check_set: CheckSet, app: Rows, file: Rows, *, rounded: bool = False) -> Agreement:
    """Compare two sets of probabilities (N, labels) for the N pictures of a check set.

    Labels that differ only because two of the app's probabilities are closer than the allowed
    difference count as equal: neither side is wrong about a tie. A file whose probabilities have
    another shape, or are not finite, agrees on nothing.
    """
    ours, theirs = np.asarray(app, np.float64), np.asarray(file, np.float64)
    sound = ours.shape == theirs.shape and bool(np.isfinite(theirs).all())
    if not sound or not len(ours):
        return Agreement(len(ours), check_set.origin, 0, 1.0, rounded)
    app_best, file_best = ours.argmax(1), theirs.argmax(1)
    rows = np.arange(len(ours))
    tie = 0.0 if rounded else MOST_APART
    equal = (app_best == file_best) | (ours[rows, app_best] - ours[rows, file_best] <= tie)
    targets = [picture.target for picture in check_set.pictures]
    return Agreement(
        pictures=len(ours),
        origin=check_set.origin,
        equal=int(equal.sum()),
        apart=float(np.abs(ours - theirs).max()),
        rounded=rounded,
        accuracy_app=_accuracy(app_best, targets),
        accuracy_file=_accuracy(file_best, targets),
    )


def _accuracy(predicted: npt.NDArray[np.intp], targets: Sequence[int | None]) -> float | None:
    """The share of right labels (N,) where the right one is known; None where it never is."""
    right = [
        best == target
        for best, target in zip(predicted, targets, strict=True)
        if target is not None
    ]
    return float(np.mean(right)) if right else None
