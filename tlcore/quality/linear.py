"""Linear probes on pooled features, and what they predict for pictures not learned from."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from tlcore.jobs.stopping import Stop, check, never

Features = npt.NDArray[np.float32]
Targets = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

STRENGTH = 0.003  # C of the logistic regression, of features with spread 1
STEPS, TOLERANCE = 200, 1e-3
NEIGHBOURS = 15
FOLDS = 5
FLOOR = 1e-3  # no label is impossible


class LinearProbe:
    """Logistic regression on standardised features (N, F); `count` labels, seen or not."""

    def __init__(self, features: Features, targets: Targets, count: int) -> None:
        self._count = count
        self._scaler = StandardScaler().fit(features)
        self._known = np.unique(targets)
        self._regression: LogisticRegression | None = None
        if len(self._known) > 1:
            self._regression = LogisticRegression(C=STRENGTH, max_iter=STEPS, tol=TOLERANCE)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # near enough is good enough
                self._regression.fit(self._scaler.transform(features), targets)

    def probabilities(self, features: Features) -> Probabilities:
        """(N, count); labels that were never seen have 0."""
        probabilities = np.zeros((len(features), self._count))
        if self._regression is None:
            probabilities[:, self._known] = 1.0
        else:
            probabilities[:, self._known] = self._regression.predict_proba(
                self._scaler.transform(features)
            )
        return probabilities

    def right(self, features: Features, targets: Targets) -> npt.NDArray[np.bool_]:
        """Which pictures (N,) it predicts rightly."""
        return np.asarray(self.probabilities(features).argmax(axis=1) == targets)


def neighbour_probabilities(
    features: Features, targets: Targets, others: Features, count: int
) -> Probabilities:
    """What the fifteen nearest pictures by direction say about others (M, F): (M, count)."""
    known = np.unique(targets)
    near = KNeighborsClassifier(min(NEIGHBOURS, len(features)), weights="distance")
    near.fit(_directions(features), targets)
    probabilities = np.zeros((len(others), count))
    probabilities[:, known] = near.predict_proba(_directions(others))
    return probabilities


def out_of_sample(
    features: Features,
    targets: Targets,
    count: int,
    groups: Targets | None = None,
    *,
    seed: int = 0,
    stop: Stop = never,
) -> Probabilities:
    """Probabilities (N, count) for each picture from probes that were learned without it.

    Features (N, F), targets (N,) of `count` labels.

    Cross-validated in five folds, groups (N,) undivided. The geometric mean of logistic regression
    and nearest neighbours: with 5 % of labels wrong it ranks them better than either alone.
    Raises Stopped.
    """
    probabilities = np.full((len(targets), count), 1.0 / count)
    for training, testing in folds(targets, groups, seed=seed):
        check(stop)
        seen, labels, unseen = features[training], targets[training], features[testing]
        linear = LinearProbe(seen, labels, count).probabilities(unseen)
        near = neighbour_probabilities(seen, labels, unseen, count)
        both = np.sqrt((linear + FLOOR) * (near + FLOOR))
        probabilities[testing] = both / both.sum(axis=1, keepdims=True)
    return probabilities


def folds(
    targets: Targets, groups: Targets | None = None, *, count: int = FOLDS, seed: int = 0
) -> Iterator[tuple[Places, Places]]:
    """Places to learn from and to be tested on, stratified; with `groups` (N,), none is divided."""
    units = len(targets) if groups is None else len(np.unique(groups))
    count = min(count, units, int(np.bincount(targets).max(initial=0)))
    if count < 2:
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class")  # said by a finding
        if units < len(targets):
            grouped = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
            yield from grouped.split(targets, targets, groups)
        else:
            alone = StratifiedKFold(count, shuffle=True, random_state=seed)
            yield from alone.split(targets, targets)


def _directions(features: Features) -> Features:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-9), np.float32)
