"""What a run's classifier said about scored examples, as a file beside it. No torch here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlcore.errors import NotFound
from tlcore.results.evaluate import Evaluation, Scored, evaluate

PREDICTIONS_NAME = "predictions.json"


@dataclass(frozen=True)
class Predictions:
    """Labels, the most frequent of them in training, and every scored example."""

    labels: tuple[str, ...]
    frequent: int
    examples: tuple[Scored, ...]

    def of(self, split: str) -> list[Scored]:
        """The scored examples of one split ("test" or "validation")."""
        return [one for one in self.examples if one.split == split]

    def evaluation(self, split: str) -> Evaluation | None:
        """The score on one split, None if nothing in it was scored."""
        return evaluate(self.labels, self.of(split), frequent=self.frequent)


def write_predictions(path: Path, predictions: Predictions) -> None:
    """Write all or nothing."""
    data: dict[str, Any] = {
        "labels": list(predictions.labels),
        "frequent": predictions.frequent,
        "examples": [
            {
                "example": one.example,
                "picture": one.picture,
                "split": one.split,
                "target": one.target,
                "probabilities": [round(share, 6) for share in one.probabilities],
            }
            for one in predictions.examples
        ],
    }
    beside = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    beside.replace(path)


def read_predictions(run_folder: Path) -> Predictions:
    """Read a run's predictions. Raises NotFound if it was not scored, or not to the end."""
    try:
        data = json.loads((run_folder / PREDICTIONS_NAME).read_text(encoding="utf-8"))
        examples = tuple(
            Scored(
                one["example"],
                one["picture"],
                one["split"],
                one["target"],
                tuple(one["probabilities"]),
            )
            for one in data["examples"]
        )
        return Predictions(tuple(data["labels"]), data["frequent"], examples)
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


def scored(
    ids: Sequence[tuple[int, str, str, int]], rows: Sequence[Sequence[float]]
) -> list[Scored]:
    """Pair (example, picture, split, target) with rows of probabilities."""
    return [Scored(*one, tuple(row)) for one, row in zip(ids, rows, strict=True)]
