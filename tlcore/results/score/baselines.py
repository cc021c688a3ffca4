"""What simple baselines get on the same pictures, from features of the pretrained network alone.

For workers and command line: scikit-learn's import is slow. No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler, normalize

Rows = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
NEIGHBOURS = 4
PROBE_C = 0.01  # as in the transfer benchmark: strong, since features outnumber pictures
MOST_STEPS = 300

WORDS = {
    "frequent": "Always the most frequent label",
    "nearest": "The label of the most similar training picture",
    "prototype": "The instant classifier: each label's average picture, no training",
    "probe": "A linear probe: the best straight line through what the pretrained network sees",
}


@dataclass(frozen=True)
class TrainingFeatures:
    """What the baselines learn from: features (N, F) of training pictures, and targets (N,)."""

    features: Rows
    targets: Ints


@dataclass(frozen=True)
class Neighbours:
    """The places (M, k) of the most similar training pictures of M pictures, and how similar.

    Similarity is the cosine between standardised features, 1 for the same.
    """

    places: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]


class BaselineClassifiers:
    """The baseline classifiers, fitted once to features of training pictures."""

    def __init__(self, training: TrainingFeatures):
        self.training = training
        self.scaler = StandardScaler().fit(training.features)
        self.directions = self._directions(training.features)

    def neighbours(self, features: Rows, count: int = NEIGHBOURS) -> Neighbours:
        """The `count` most similar training pictures of each of M pictures with features (M, F)."""
        count = min(count, len(self.directions))
        search = NearestNeighbors(n_neighbors=count, metric="cosine", algorithm="brute")
        distance, places = search.fit(self.directions).kneighbors(self._directions(features))
        return Neighbours(places.astype(np.int64), 1 - distance)

    def nearest(self, features: Rows) -> Ints:
        """The labels (M,) of the single most similar training picture, for features (M, F)."""
        return self.training.targets[self.neighbours(features, 1).places[:, 0]]

    def prototype(self, features: Rows) -> Ints:
        """The labels (M,) whose mean direction is closest (Snell et al. 2017, with cosine).

        Features (M, F).
        """
        labels = np.unique(self.training.targets)
        means = [self.directions[self.training.targets == label].mean(axis=0) for label in labels]
        likeness = self._directions(features) @ normalize(np.stack(means)).T
        predicted: Ints = labels[likeness.argmax(axis=1)]
        return predicted

    def probe(self, features: Rows) -> Ints:
        """The labels (M,) by logistic regression on standardised features (M, F)."""
        regression = LogisticRegression(C=PROBE_C, max_iter=MOST_STEPS)
        regression.fit(self.scaler.transform(self.training.features), self.training.targets)
        predicted: Ints = regression.predict(self.scaler.transform(features))
        return predicted

    def _directions(self, features: Rows) -> Rows:
        directions: Rows = normalize(self.scaler.transform(features)).astype(np.float32)
        return directions


def baselines(
    training: TrainingFeatures, features: Rows, targets: Ints, frequent: int
) -> list[dict[str, Any]]:
    """Every baseline's score on pictures with these features (M, F) and targets (M,).

    `frequent` is the most frequent label. It is the only baseline with
    fewer than two labels to learn from.
    """
    predictions = {"frequent": np.full(len(targets), frequent)}
    if len(np.unique(training.targets)) > 1 and len(targets):
        fitted = BaselineClassifiers(training)
        predictions["nearest"] = fitted.nearest(features)
        predictions["prototype"] = fitted.prototype(features)
        predictions["probe"] = fitted.probe(features)
    return [_scored(name, predicted, targets) for name, predicted in predictions.items()]


def left_out_nearest(features: Rows, targets: Ints) -> dict[str, Any] | None:
    """Nearest neighbour where there are no training pictures: each picture against all the others.

    Features (N, F), targets (N,). None for fewer than two pictures.
    """
    if len(targets) < 2:
        return None
    places = BaselineClassifiers(TrainingFeatures(features, targets)).neighbours(features, 2).places
    other = np.where(places[:, 0] == np.arange(len(targets)), places[:, 1], places[:, 0])
    return _scored("nearest", targets[other], targets)


def _scored(name: str, predicted: Ints, targets: Ints) -> dict[str, Any]:
    right = int((predicted == targets).sum())
    total = len(targets)
    return {
        "name": name,
        "words": WORDS[name],
        "right": right,
        "total": total,
        "accuracy": right / total if total else None,
        "answers": [int(label) for label in predicted],
    }
