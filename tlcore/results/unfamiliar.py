"""How unlike everything it learned from a picture is: by features, and by energy.

Feature distance is that of Mahalanobis to the nearest label's mean, with one covariance for all
labels, shrunk after Ledoit and Wolf 2004 (Lee et al. 2018, arXiv 1807.03888). Energy is
−T·logsumexp(logits / T) (Liu et al. 2020, arXiv 2010.03759). High means strange in both. For
workers and command line: scikit-learn's import is slow. No torch here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from sklearn.covariance import ledoit_wolf

from tlcore.results.metrics import auroc

Rows = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST_DIRECTIONS = 128  # principal directions in which distance is measured
PASSED = 0.95  # share of familiar pictures that the limit lets through


@dataclass(frozen=True)
class Familiar:
    """What it learned from: labels' means (L, D) after `centre` and `whiten` (F, D)."""

    centre: Floats
    whiten: Floats
    means: Floats

    @classmethod
    def learn(cls, features: Rows, targets: Ints) -> Familiar:
        """From the features (N, F) of training pictures and their labels (N,).

        Raises ValueError with fewer than three pictures.
        """
        if len(features) < 3:
            raise ValueError("too few pictures to say what is familiar")
        rows = features.astype(np.float64)
        centre = rows.mean(axis=0)
        directions = _directions(rows - centre)
        flat = (rows - centre) @ directions
        labels = np.unique(targets)
        means = np.stack([flat[targets == label].mean(axis=0) for label in labels])
        within = flat - means[np.searchsorted(labels, targets)]
        covariance, _ = ledoit_wolf(within, assume_centered=True)
        values, vectors = np.linalg.eigh(covariance)
        whiten = vectors / np.sqrt(np.maximum(values, 1e-9 * max(values.max(), 1e-9)))
        return cls(centre, directions @ whiten, means @ whiten)

    def distance(self, features: Rows) -> Floats:
        """The distance (M,) of each picture to the nearest label's mean."""
        flat = (features.astype(np.float64) - self.centre) @ self.whiten
        gaps = flat[:, None, :] - self.means[None]
        found: Floats = np.sqrt((gaps**2).sum(axis=2).min(axis=1))
        return found


def energy(logits: Floats, temperature: float = 1.0) -> Floats:
    """Energy (M,) of logits (M, labels): low where some label fits strongly."""
    found: Floats = -temperature * np.asarray(logsumexp(logits / temperature, axis=1))
    return found


def limit(familiar: Floats) -> float:
    """The strangeness below which 95 of 100 familiar pictures lie."""
    return float(np.quantile(familiar, PASSED)) if len(familiar) else float("inf")


def strangers(familiar: Floats, strange: Floats, at: float | None = None) -> dict[str, Any]:
    """How well strange pictures are told from familiar ones, by AUROC and at the limit `at`.

    Without one, the limit is that of these familiar pictures.
    """
    at = limit(familiar) if at is None else at
    return {
        "auroc": auroc(familiar, strange) if len(familiar) and len(strange) else None,
        "limit": at,
        "declined": float((strange > at).mean()) if len(strange) else None,
        "wrongly_declined": float((familiar > at).mean()) if len(familiar) else None,
        "pictures": len(strange),
    }


def _directions(centred: Floats) -> Floats:
    """The main directions (F, D) of centred rows, all of them where there are few."""
    _, spread, vectors = np.linalg.svd(centred, full_matrices=False)
    useful = int((spread > 1e-6 * max(spread[0], 1e-12)).sum())
    found: Floats = vectors[: max(1, min(MOST_DIRECTIONS, useful))].T
    return found
