"""What a run's classifier said about scored examples, as a file beside it. No torch here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.errors import NotFound
from tlcore.results.score.calibration import probabilities
from tlcore.results.score.evaluate import Evaluation, Prediction, evaluate
from tlcore.workspace.files import write_text

PREDICTIONS_NAME = "predictions.json"


@dataclass(frozen=True)
class Predictions:
    """Labels, the most frequent of them in training, and every scored example."""

    labels: tuple[str, ...]
    frequent: int
    examples: tuple[Prediction, ...]
    temperature: float = 1.0

    def of(self, split: str) -> list[Prediction]:
        """The scored examples of one split ("test" or "validation")."""
        return [prediction for prediction in self.examples if prediction.split == split]

    def evaluation(self, split: str) -> Evaluation | None:
        """The score on one split, None if nothing in it was scored."""
        return evaluate(self.labels, self.of(split), frequent=self.frequent)

    @property
    def judged(self) -> str:
        """The split that the score is about: "test", or "validation" where there is no test."""
        return "test" if self.of("test") else "validation"

    def logits(self, split: str) -> npt.NDArray[np.float64]:
        """What the network said (N, labels) about one split, before any temperature.

        Where they were not stored, logarithms of the probabilities, which say the same.
        """
        rows = [
            prediction.logits or _logits(prediction, self.temperature)
            for prediction in self.of(split)
        ]
        return np.array(rows, dtype=np.float64).reshape(-1, len(self.labels))

    def targets(self, split: str) -> npt.NDArray[np.int64]:
        """The true labels (N,) of one split."""
        return np.array([prediction.target for prediction in self.of(split)], dtype=np.int64)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write all or nothing."""
    data: dict[str, Any] = {
        "labels": list(predictions.labels),
        "frequent": predictions.frequent,
        "temperature": predictions.temperature,
        "examples": [
            {
                "example": prediction.example,
                "picture": prediction.picture,
                "split": prediction.split,
                "target": prediction.target,
                "probabilities": [round(share, 6) for share in prediction.probabilities],
                "logits": [round(value, 5) for value in prediction.logits],
            }
            for prediction in predictions.examples
        ],
    }
    write_text(path, json.dumps(data))


def read_predictions(run_folder: Path) -> Predictions:
    """Read a run's predictions. Raises NotFound if it was not scored, or not to the end."""
    try:
        data = json.loads((run_folder / PREDICTIONS_NAME).read_text(encoding="utf-8"))
        examples = tuple(
            Prediction(
                row["example"],
                row["picture"],
                row["split"],
                row["target"],
                tuple(row["probabilities"]),
                tuple(row.get("logits", ())),
            )
            for row in data["examples"]
        )
        temperature = float(data.get("temperature", 1.0))
        return Predictions(tuple(data["labels"]), data["frequent"], examples, temperature)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotFound(
            "This run has no scores.", "Let it run to the end, or train again."
        ) from error


def score_data(predictions: Predictions) -> dict[str, Any]:
    """The data of a `score` event: per split right, total, accuracy and the plain baseline."""
    splits: dict[str, Any] = {}
    for split in ("validation", "test"):
        result = predictions.evaluation(split)
        splits[split] = None if result is None else _summary(result)
    return {"labels": list(predictions.labels), **splits}


def _summary(result: Evaluation) -> dict[str, Any]:
    return {
        "right": result.right,
        "total": result.total,
        "accuracy": result.accuracy,
        "words": result.words,
        "frequent_label": result.frequent_label,
        "frequent_right": result.frequent_right,
        "frequent_accuracy": result.frequent_accuracy,
    }


Named = Sequence[tuple[int, str, str, int]]


def scored(
    ids: Named, logits: Iterable[Sequence[float]], temperature: float = 1.0
) -> list[Prediction]:
    """Pair (example, picture, split, target) with rows of logits and what they come to."""
    rows = [tuple(float(value) for value in row) for row in logits]
    if not rows:
        return []
    shares = probabilities(rows, temperature).tolist()
    return [
        Prediction(*identity, tuple(share), row)
        for identity, share, row in zip(ids, shares, rows, strict=True)
    ]


def _logits(prediction: Prediction, temperature: float) -> tuple[float, ...]:
    return tuple(
        temperature * float(np.log(max(share, 1e-7))) for share in prediction.probabilities
    )
