"""Two classifiers on the same pictures: where they agree, and whether one is really better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tlcore.results.score.evaluate import Prediction

SIGNIFICANT = 0.05


@dataclass(frozen=True)
class PairedComparison:
    """Two runs on the pictures that both were scored on, paired by picture and target.

    `only_first` and `only_second` count pictures that just one of them got right; `differing`
    holds the pairs with different predictions.
    """

    total: int
    first_right: int
    second_right: int
    only_first: int
    only_second: int
    agreeing: int
    differing: tuple[tuple[Prediction, Prediction], ...]

    @property
    def p_value(self) -> float:
        return mcnemar(self.only_first, self.only_second)

    @property
    def agreement(self) -> float:
        """The share of pictures with the same prediction, right or wrong."""
        return self.agreeing / self.total if self.total else 1.0

    @property
    def words(self) -> str:
        """Whether the difference is more than chance, in one sentence."""
        if not self.total:
            return "They have no scored picture in common."
        if self.only_first == self.only_second:
            return "Both are right equally often on these pictures."
        better = "The first" if self.only_first > self.only_second else "The second"
        more = abs(self.only_first - self.only_second)
        begins = f"{better} is right on {more} more of {self.total} pictures"
        if self.p_value < SIGNIFICANT:
            return f"{begins}. That is more than chance would explain."
        return f"{begins}. That may well be chance: more test pictures would tell."


def mcnemar(only_first: int, only_second: int) -> float:
    """The two-sided exact p-value of McNemar (1947), from pictures that just one got right.

    If both were equally good, each such picture would be a fair coin: a binomial test at ½.
    """
    tosses, fewer = only_first + only_second, min(only_first, only_second)
    if tosses == 0:
        return 1.0
    tail = sum(math.comb(tosses, number) for number in range(fewer + 1))
    return float(min(1.0, 2 * tail / 2**tosses))


def compare(
    first_labels: Sequence[str],
    first: Sequence[Prediction],
    second_labels: Sequence[str],
    second: Sequence[Prediction],
) -> PairedComparison:
    """Pair two runs' predictions picture by picture, by the names of their labels.

    A picture whose label one of them did not know, or had another name for then, is left out.
    """
    others = {
        (prediction.picture, second_labels[prediction.target]): prediction for prediction in second
    }
    pairs = [
        (mine, others[key])
        for mine in first
        if (key := (mine.picture, first_labels[mine.target])) in others
    ]
    differing = tuple(
        (mine, other)
        for mine, other in pairs
        if first_labels[mine.predicted] != second_labels[other.predicted]
    )
    return PairedComparison(
        total=len(pairs),
        first_right=sum(mine.right for mine, _ in pairs),
        second_right=sum(other.right for _, other in pairs),
        only_first=sum(mine.right and not other.right for mine, other in pairs),
        only_second=sum(other.right and not mine.right for mine, other in pairs),
        agreeing=len(pairs) - len(differing),
        differing=differing,
    )
