"""Everything about a score that follows from answers and features, as plain data. No torch here.

For workers and command line: scikit-learn's import is slow; pages read what was kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.results.score.baselines import BaselineClassifiers, TrainingFeatures, baselines
from tlcore.results.score.calibration import calibration_data, probabilities
from tlcore.results.score.distances import NeighbourDistance, limit
from tlcore.results.score.intervals import too_small, wilson
from tlcore.results.score.metrics import label_figures, top_k, two_label_curves
from tlcore.results.score.predictions import Predictions

Rows = npt.NDArray[np.float32]
MOST_WITH_NEIGHBOURS = 300
LEAST_FAMILIAR = 20  # pictures from which a limit of familiarity can be told


@dataclass(frozen=True)
class Features:
    """Features of the training pictures, in order, and of the scored pictures by split."""

    train: Rows
    scored: dict[str, Rows]


@dataclass(frozen=True)
class TrainingPictures:
    """The pictures that were learned from: example id, hash and label of each."""

    examples: tuple[int, ...]
    pictures: tuple[str, ...]
    targets: tuple[int, ...]


def score_details(
    predictions: Predictions,
    training: TrainingPictures,
    after: Features,
    before: Features | None,
) -> dict[str, Any]:
    """All derived figures of a run, about the split that its score is about.

    `after` holds features (N, F) of the classifier's own network, `before` those of the pretrained
    one (None where it is not here; the baselines are then left out, as they stand on it).
    """
    split = predictions.judged
    logits, targets = predictions.logits(split), predictions.targets(split)
    shares = probabilities(logits, predictions.temperature)
    right = int((shares.argmax(axis=1) == targets).sum())
    interval = wilson(right, len(targets))
    return {
        "split": split,
        "right": right,
        "total": len(targets),
        "interval": [interval.low, interval.high],
        "too_small": too_small(right, len(targets)),
        "labels": label_figures(predictions.labels, shares, targets),
        "curves": two_label_curves(shares, targets),
        "top": top_k(shares, targets),
        "calibration": calibration_data(logits, targets, predictions.temperature),
        "baselines": _baselines(predictions, training, before, split),
        "neighbours": _neighbours(predictions, training, after, split),
        "familiar": _familiar(predictions, training, after, split),
    }


def _baselines(
    predictions: Predictions, training: TrainingPictures, before: Features | None, split: str
) -> list[dict[str, Any]]:
    targets = predictions.targets(split)
    if before is None or not len(training.targets):
        empty = TrainingFeatures(np.zeros((0, 1), np.float32), np.zeros(0, np.int64))
        return baselines(empty, np.zeros((len(targets), 1), np.float32), targets,
                         predictions.frequent)  # fmt: skip
    features = TrainingFeatures(before.train, np.array(training.targets, dtype=np.int64))
    return baselines(features, before.scored[split], targets, predictions.frequent)


def _neighbours(
    predictions: Predictions, training: TrainingPictures, after: Features, split: str
) -> dict[str, list[dict[str, Any]]]:
    """Example id of each mistake, the surest first → the training pictures most like it."""
    evaluation = predictions.evaluation(split)
    if evaluation is None or not len(training.targets):
        return {}
    wrong = evaluation.mistakes[:MOST_WITH_NEIGHBOURS]
    place = {prediction.example: row for row, prediction in enumerate(predictions.of(split))}
    if not wrong:
        return {}
    rows = after.scored[split][[place[mistake.example] for mistake in wrong]]
    targets = np.array(training.targets, dtype=np.int64)
    nearest = BaselineClassifiers(TrainingFeatures(after.train, targets)).neighbours(rows)
    return {
        str(mistake.example): neighbours(training, places, similarity)
        for mistake, places, similarity in zip(
            wrong, nearest.places, nearest.similarity, strict=True
        )
    }


def neighbours(
    training: TrainingPictures, places: Sequence[int], similarity: Sequence[float]
) -> list[dict[str, Any]]:
    """Training pictures at these places, as plain data."""
    return [
        {
            "example": training.examples[place],
            "picture": training.pictures[place],
            "target": training.targets[place],
            "similarity": float(likeness),
        }
        for place, likeness in zip(places, similarity, strict=True)
    ]


def _familiar(
    predictions: Predictions, training: TrainingPictures, after: Features, split: str
) -> dict[str, Any] | None:
    """The limit of familiarity: 95 of 100 pictures that were not learned from lie within it."""
    if len(training.targets) < LEAST_FAMILIAR:
        return None
    neighbour_distance = NeighbourDistance.learn(after.train)
    rows = after.scored.get("validation")
    if rows is None or len(rows) < LEAST_FAMILIAR:
        rows = after.scored[split]
    if len(rows) < LEAST_FAMILIAR:
        return None
    distances = neighbour_distance.distance(after.scored[split])
    farthest = limit(neighbour_distance.distance(rows))
    ids = [prediction.example for prediction in predictions.of(split)]
    return {
        "limit": farthest,
        "distances": {
            str(example): float(far) for example, far in zip(ids, distances, strict=True)
        },
        "wrongly_declined": float((distances > farthest).mean()),
    }
