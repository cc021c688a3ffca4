"""Linear probes: how well a straight cut through features tells the labels apart, cross-validated.

A probe stands for what a new head on frozen features would reach (Alain & Bengio 2017). It knows
features as numbers only; nothing of pictures or networks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from tlcore.errors import ProbeImpossible

FOLDS = 5
REPEATS = 2
STRENGTH = 0.01  # scikit-learn's C for standardised features; many features, few pictures
FLOOR = 0.1  # a feature that hardly varies is not blown up: share of the usual deviation

Features = npt.NDArray[np.float32]
Targets = npt.NDArray[np.int64]
Predict = Callable[[Features, Targets, Features], Targets]


@dataclass(frozen=True)
class Score:
    """Shares of right answers on pictures that were held out, in turns.

    `rights` (N,) is each picture's share over the repetitions; `accuracy` their mean, every picture
    counted alike; `error` its standard error, 0 to 1.
    """

    rights: npt.NDArray[np.float64]

    @property
    def accuracy(self) -> float:
        return float(self.rights.mean())

    @property
    def error(self) -> float:
        return standard_error(self.rights)

    def gain(self, other: Score) -> tuple[float, float]:
        """How much better this is than `other` on the same pictures, and its standard error."""
        difference = self.rights - other.rights
        return float(difference.mean()), standard_error(difference)


def standard_error(values: npt.NDArray[np.float64]) -> float:
    """Of the mean of values (N,), with (x + 1) / (N + 2) in mind: never 0 for a perfect score."""
    count = len(values)
    spread = float(np.var(values)) * count / max(1, count - 1)
    return float(np.sqrt((spread + 1 / (count + 2) ** 2) / count))


def linear_probe(features: Features, targets: Targets, groups: Targets, *, seed: int = 0) -> Score:
    """Cross-validated logistic regression on standardised features (N, F) for targets (N,).

    Pictures of one group (N,) are never on both sides. Raises ProbeImpossible.
    """
    return cross_validated(_regression, features, targets, groups, seed=seed)


def cross_validated(
    predict: Predict, features: Features, targets: Targets, groups: Targets, *, seed: int = 0
) -> Score:
    """Score `predict(known features, known targets, other features)` on folds, twice over.

    Features (N, F), targets (N,), groups (N,): a group is never on both sides.

    Raises ProbeImpossible when no fold leaves two labels to learn from.
    """
    rights = np.zeros(len(targets))
    counts = np.zeros(len(targets))
    with threadpool_limits(limits=1):  # small sums: more threads only wait for each other
        for known, held_out in folds(targets, groups, seed):
            predicted = predict(features[known], targets[known], features[held_out])
            rights[held_out] += predicted == targets[held_out]
            counts[held_out] += 1
    if not counts.any():
        raise ProbeImpossible(
            "These pictures cannot be divided into some to learn from and some to check.",
            "Add pictures from other groups to each label.",
        )
    return Score((rights / np.maximum(counts, 1))[counts > 0])


def folds(targets: Targets, groups: Targets, seed: int) -> Iterator[tuple[Targets, Targets]]:
    """(known, held out) places, stratified by label, groups kept together; each is held out twice.

    Folds that leave fewer than two labels to learn from are left out.
    """
    fewest = min(len(set(groups[targets == label])) for label in np.unique(targets))
    count = max(2, min(FOLDS, fewest))
    for turn in range(REPEATS):
        dealer = StratifiedGroupKFold(count, shuffle=True, random_state=seed + turn)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # labels smaller than the folds
            dealt = list(dealer.split(targets, targets, groups))
        for known, held_out in dealt:
            if len(np.unique(targets[known])) >= 2 and len(held_out):
                yield known, held_out


def standardised(known: Features, *others: Features) -> list[Features]:
    """Features (N, F) scaled by the mean and deviation (F,) of the known ones, which come first."""
    mean, deviation = known.mean(0), known.std(0)
    floor = max(FLOOR * float(deviation.mean()), 1e-6)
    scale = 1 / np.maximum(deviation, floor)
    return [((rows - mean) * scale).astype(np.float32) for rows in (known, *others)]


def _regression(known: Features, targets: Targets, others: Features) -> Targets:
    """Logistic regression in the span of the known pictures: the same answers, fewer numbers.

    What a penalised regression learns lies in that span, so turning the axes into it changes
    nothing; with a thousand features and 240 pictures it is several times quicker.
    """
    known, others = standardised(known, others)
    turned, spread, axes = np.linalg.svd(known, full_matrices=False)
    model = LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3, class_weight="balanced")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(turned * spread, targets)
    predicted: Targets = model.predict(others @ axes.T)
    return predicted


def best_stage(scores: Sequence[Score]) -> int:
    """The stage whose probe is best; of equals the last."""
    return max(range(len(scores)), key=lambda index: (scores[index].accuracy, index))
