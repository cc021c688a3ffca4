"""What simpler machines get on the same pictures, from features of the pretrained network alone.

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
class Known:
    """What the simpler machines learn from: features (N, F) of training pictures, and targets."""

    features: Rows
    targets: Ints


@dataclass(frozen=True)
class Similar:
    """For each of M pictures the places (M, k) of its most similar known ones, and how similar.

    Similarity is the cosine between standardised features, 1 for the same.
    """

    places: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]


class Simple:
    """The simpler machines, fitted once to what is known."""

    def __init__(self, known: Known):
        self.known = known
        self.scaler = StandardScaler().fit(known.features)
        self.directions = self._directions(known.features)

    def similar(self, features: Rows, count: int = NEIGHBOURS) -> Similar:
        """The `count` most similar known pictures of each of M pictures with features (M, F)."""
        count = min(count, len(self.directions))
        search = NearestNeighbors(n_neighbors=count, metric="cosine", algorithm="brute")
        distance, places = search.fit(self.directions).kneighbors(self._directions(features))
        return Similar(places.astype(np.int64), 1 - distance)

    def nearest(self, features: Rows) -> Ints:
        """The labels (M,) of the single most similar known picture, for features (M, F)."""
        return self.known.targets[self.similar(features, 1).places[:, 0]]

    def prototype(self, features: Rows) -> Ints:
        """The labels (M,) whose mean direction is closest (Snell et al. 2017, with cosine).

        Features (M, F).
        """
        labels = np.unique(self.known.targets)
        means = [self.directions[self.known.targets == label].mean(axis=0) for label in labels]
        likeness = self._directions(features) @ normalize(np.stack(means)).T
        predicted: Ints = labels[likeness.argmax(axis=1)]
        return predicted

    def probe(self, features: Rows) -> Ints:
        """The labels (M,) by logistic regression on standardised features (M, F)."""
        regression = LogisticRegression(C=PROBE_C, max_iter=MOST_STEPS)
        regression.fit(self.scaler.transform(self.known.features), self.known.targets)
        predicted: Ints = regression.predict(self.scaler.transform(features))
        return predicted

    def _directions(self, features: Rows) -> Rows:
        directions: Rows = normalize(self.scaler.transform(features)).astype(np.float32)
        return directions


def baselines(known: Known, features: Rows, targets: Ints, frequent: int) -> list[dict[str, Any]]:
    """Every simple machine's score on pictures with these features (M, F) and targets (M,).

    `frequent` is the most frequent label. With fewer than two known labels only that one is there.
    """
    answers = {"frequent": np.full(len(targets), frequent)}
    if len(np.unique(known.targets)) > 1 and len(targets):
        simple = Simple(known)
        answers["nearest"] = simple.nearest(features)
        answers["prototype"] = simple.prototype(features)
        answers["probe"] = simple.probe(features)
    return [_scored(name, predicted, targets) for name, predicted in answers.items()]


def left_out_nearest(features: Rows, targets: Ints) -> dict[str, Any] | None:
    """Nearest neighbour where nothing else is known: each picture against all the others.

    Features (N, F), targets (N,). None for fewer than two pictures.
    """
    if len(targets) < 2:
        return None
    places = Simple(Known(features, targets)).similar(features, 2).places
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
