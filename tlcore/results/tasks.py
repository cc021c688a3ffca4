"""Training with scores, and scoring a classifier that has none yet, as tasks for the workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.jobs.events import Event
from tlcore.results.predictions import (
    PREDICTIONS_NAME,
    Predictions,
    score_data,
    scored,
    write_predictions,
)
from tlcore.results.scoring import train_and_score as train_and_score_events
from tlcore.training.classifier import Classifier
from tlcore.training.manifest import CLASSIFIER_FOLDER
from tlcore.training.stopping import Stop
from tlcore.training.tasks import read_run
from tlcore.workspace.records import Split

SCORED = (Split.VALIDATION, Split.TEST)


def train_and_score(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """A whole run: {"home", "project", "run", "recipe"}.

    The classifier goes to the run's folder, its answers to predictions.json beside it.
    """
    recipe, examples, folder = read_run(payload)
    yield from train_and_score_events(
        recipe,
        examples,
        folder=folder / CLASSIFIER_FOLDER,
        home=Path(payload["home"]),
        stop=stop,
        predictions=folder / PREDICTIONS_NAME,
    )


def score_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Score what a stopped or lost run left behind: {"home", "project", "run", "recipe"}.

    Result: the data of a `score` event. Raises ClassifierInvalid if the run left nothing.
    """
    _, examples, folder = read_run(payload)
    classifier = Classifier.load(folder / CLASSIFIER_FOLDER)
    known = {name: index for index, name in enumerate(classifier.labels)}
    chosen = [
        one
        for one in examples.examples
        if one.split in SCORED and examples.labels[one.target] in known
    ]
    found = []
    for done, one in enumerate(chosen, start=1):
        if stop():
            return
        row = classifier.answer([classifier.look_at_copy(one.path)]).probabilities[0]
        target = known[examples.labels[one.target]]
        found += scored([(one.example, one.picture, one.split.value, target)], [row])
        yield Event("progress", {"doing": "Scoring pictures", "done": done, "total": len(chosen)})
    said = Predictions(classifier.labels, classifier.manifest.frequent, tuple(found))
    write_predictions(folder / PREDICTIONS_NAME, said)
    yield Event("result", score_data(said))
