"""The instant classifier: each label is the mean of its pictures' features, the nearest mean wins.

Prototypical networks (Snell, Swersky and Zemel 2017) without their training, on features of unit
length (Wang et al. 2019, "SimpleShot"). It needs one picture of each of two labels, no training,
and gives a first guess, no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.float32]
Targets = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]

USUAL_SHARPNESS = 8.0  # of distances between directions, where there is too little to measure it
SHARPNESSES = tuple(float(sharpness) for sharpness in np.geomspace(1, 64, 19))
LEAST_MEASURED = 6  # pictures that can be held out of their prototype
ENOUGH_BACKGROUND = 20


@dataclass(frozen=True)
class Prototypes:
    """Means (K, F) of the labels as directions, and what makes features comparable.

    `sharpness` turns distances into probabilities; it is measured by leaving each picture out of
    its own mean.
    """

    means: Features
    middle: Features
    spread: Features
    sharpness: float

    @classmethod
    def of(
        cls, features: Features, targets: Targets, count: int, background: Features | None = None
    ) -> Prototypes:
        """From labelled features (N, F), every one of `count` labels there at least once.

        `background` (M, F) are features of all pictures of the project, labelled or not: they tell
        better than a few which differences are usual.

        Raises:
            ValueError: a label has no picture.
        """
        if set(np.unique(targets).tolist()) != set(range(count)):
            raise ValueError(f"not every one of {count} labels has a picture")
        known = background is not None and len(background) >= ENOUGH_BACKGROUND
        usual = background if known and background is not None else features
        spread = usual.std(axis=0)
        middle, spread = usual.mean(axis=0), np.asarray(spread + spread.mean() + 1e-6)
        directions = _directions((features - middle) / spread)
        sums = np.stack([directions[targets == label].sum(axis=0) for label in range(count)])
        sizes = np.bincount(targets, minlength=count).astype(np.float32)
        sharpness = _sharpness(directions, targets, sums, sizes)
        means = np.asarray(sums / sizes[:, None], np.float32)
        return cls(means, middle, spread, sharpness)

    def probabilities(self, features: Features) -> Probabilities:
        """What it says about pictures (N, F): (N, K), each row adding up to 1."""
        directions = _directions((features - self.middle) / self.spread)
        return _softmax(-self.sharpness * _distances(directions, self.means))


def nearest(features: Features, others: Features, prototypes: Prototypes) -> Targets:
    """For each of `features` (N, F) the place (N,) of the most similar of `others` (M, F)."""
    directions = _directions((features - prototypes.middle) / prototypes.spread)
    rest = _directions((others - prototypes.middle) / prototypes.spread)
    return np.asarray((directions @ rest.T).argmax(axis=1), np.int64)


def _sharpness(directions: Features, targets: Targets, sums: Features, sizes: Features) -> float:
    """The sharpness under which pictures left out of their own mean are answered best."""
    judged = np.flatnonzero(sizes[targets] > 1)
    if len(judged) < LEAST_MEASURED:
        return USUAL_SHARPNESS
    distances = np.stack([_left_out(directions[i], targets[i], sums, sizes) for i in judged])

    def loss(sharpness: float) -> float:
        probabilities = _softmax(-sharpness * distances)
        return float(-np.log(probabilities[np.arange(len(judged)), targets[judged]] + 1e-12).mean())

    return min(SHARPNESSES, key=loss)


def _left_out(direction: Features, target: np.int64, sums: Features, sizes: Features) -> Features:
    """Distances (K,) of a picture to the means, without it in its own."""
    means = sums / sizes[:, None]
    means[target] = (sums[target] - direction) / (sizes[target] - 1)
    return np.asarray(_distances(direction[None], means)[0], np.float32)


def _directions(features: Features) -> Features:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-9), np.float32)


def _distances(features: Features, means: Features) -> Features:
    """Squared Euclidean distances (N, K)."""
    squares = np.square(features).sum(axis=1)[:, None] + np.square(means).sum(axis=1)[None]
    return np.asarray(np.maximum(squares - 2 * features @ means.T, 0.0), np.float32)


def _softmax(logits: npt.NDArray[np.floating]) -> Probabilities:
    raised = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
