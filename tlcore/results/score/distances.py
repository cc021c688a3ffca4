"""How unlike everything it learned from a picture is: by features, and by energy. High is strange.

`NeighbourDistance` measures the distance to the nearest training pictures in features as they
come, by their direction (Sun et al. 2022, “Out-of-Distribution Detection with Deep Nearest
Neighbors”, arXiv 2204.06507); `MahalanobisDistance` that of Mahalanobis to the nearest label's mean
with one covariance for all labels (Lee et al. 2018, arXiv 1807.03888), shrunk after Ledoit and Wolf
2004. Energy is −T·logsumexp(logits / T) (Liu et al. 2020, arXiv 2010.03759). Measured with small
backbones, the nearest pictures tell most. For workers and command line: scikit-learn's import is
slow. No torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from sklearn.covariance import ledoit_wolf
from sklearn.preprocessing import StandardScaler, normalize

from tlcore.results.score.metrics import auroc

Rows = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NEAREST = 5  # the distance is that to the fifth nearest: one odd training picture says little
PASSED = 0.95  # share of familiar pictures that the limit lets through
LEAST = 3


@dataclass(frozen=True)
class NeighbourDistance:
    """The directions (N, F) of what it learned from."""

    directions: Floats

    @classmethod
    def learn(cls, features: Rows) -> NeighbourDistance:
        """From the features (N, F) of training pictures. Raises ValueError with fewer than 3."""
        if len(features) < LEAST:
            raise ValueError("too few pictures to say what is familiar")
        return cls(normalize(features.astype(np.float64)))

    def distance(self, features: Rows) -> Floats:
        """The distance (M,), 0 to 2, of each picture to the fifth nearest training picture."""
        likeness = normalize(features.astype(np.float64)) @ self.directions.T
        place = min(NEAREST, likeness.shape[1]) - 1
        distances: Floats = np.partition(1 - likeness, place, axis=1)[:, place]
        return distances


@dataclass(frozen=True)
class MahalanobisDistance:
    """What is usual for each label: means (L, F) and the inverse (F, F) of one covariance."""

    scaler: StandardScaler
    means: Floats
    precision: Floats

    @classmethod
    def learn(cls, features: Rows, targets: Ints) -> MahalanobisDistance:
        """From the features (N, F) of training pictures and their labels (N,)."""
        scaler = StandardScaler().fit(features)
        rows = scaler.transform(features).astype(np.float64)
        labels = np.unique(targets)
        means = np.stack([rows[targets == label].mean(axis=0) for label in labels])
        within = rows - means[np.searchsorted(labels, targets)]
        covariance, _ = ledoit_wolf(within, assume_centered=True)
        return cls(scaler, means, np.linalg.pinv(covariance, hermitian=True))

    def distance(self, features: Rows) -> Floats:
        """The distance (M,) of Mahalanobis to the nearest label's mean."""
        rows = self.scaler.transform(features).astype(np.float64)
        far = []
        for mean in self.means:
            gap = rows - mean
            far.append(np.einsum("nd,nd->n", gap @ self.precision, gap))
        distances: Floats = np.sqrt(np.maximum(np.min(far, axis=0), 0))
        return distances


def energy(logits: Floats, temperature: float = 1.0) -> Floats:
    """Energy (M,) of logits (M, labels): low where some label fits strongly."""
    values: Floats = -temperature * np.asarray(logsumexp(logits / temperature, axis=1))
    return values


def limit(familiar: Floats) -> float:
    """The distance below which 95 of 100 familiar pictures (N,) lie."""
    return float(np.quantile(familiar, PASSED)) if len(familiar) else float("inf")


def detection_figures(familiar: Floats, strange: Floats, at: float | None = None) -> dict[str, Any]:
    """How well strange pictures are told from familiar ones, by AUROC and at the limit `at`.

    `familiar` (N,) and `strange` (M,) are distances or energies. Without `at`, the limit is that of
    these familiar pictures.
    """
    at = limit(familiar) if at is None else at
    return {
        "auroc": auroc(familiar, strange) if len(familiar) and len(strange) else None,
        "limit": at,
        "declined": float((strange > at).mean()) if len(strange) else None,
        "wrongly_declined": float((familiar > at).mean()) if len(familiar) else None,
        "pictures": len(strange),
    }
