"""Training with scores, and scoring a classifier that has none yet, as tasks for the workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.results.score.calibration import fit_temperature
from tlcore.results.score.inference import looked_at
from tlcore.results.score.predictions import (
    PREDICTIONS_NAME,
    Predictions,
    score_data,
    scored,
    write_predictions,
)
from tlcore.results.score.result_cache import FEATURES_NAME, write_features
from tlcore.results.score.scoring import SCORED
from tlcore.results.score.scoring import train_and_score as train_and_score_events
from tlcore.training.fit.stored_run import begin_run, read_pictures
from tlcore.workspace.records import Split


def train_and_score(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """A whole run: {"home", "project", "run", "recipe", "start"?, "resumed"?}.

    The classifier goes to the run's folder, its answers to predictions.json beside it. "start" is
    the id of a run to go on from.
    """
    recipe, examples, folder, start = begin_run(payload)
    # What was said about a run that broke off, and goes on now, is not what it will say.
    (folder / PREDICTIONS_NAME).unlink(missing_ok=True)
    yield from train_and_score_events(
        recipe,
        examples,
        folder=folder / CLASSIFIER_FOLDER,
        home=Path(payload["home"]),
        stop=stop,
        predictions=folder / PREDICTIONS_NAME,
        start=start,
    )


def score_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Score what a run left behind that was not scored: {"home", "project", "run", "fixed"?}.

    With the splits of the time when it began: what it has learned from is never scored. A
    classifier from elsewhere is "fixed": its temperature is left alone, so that looking at its
    score does not change its answers. Result: the data of a `score` event. Raises
    ClassifierInvalid if the run left nothing.
    """
    examples, folder = read_pictures(payload)
    classifier = Classifier.load(folder / CLASSIFIER_FOLDER)
    known = {name: index for index, name in enumerate(classifier.labels)}
    chosen = [
        example for example in examples.labelled if examples.labels[example.label_index] in known
    ]
    looked, ids = {}, {}
    for split in SCORED:
        of_split = [example for example in chosen if example.split is split]
        ids[split] = [
            (
                example.example,
                example.picture,
                split.value,
                known[examples.labels[example.label_index]],
            )
            for example in of_split
        ]
        paths = [example.path for example in of_split]
        looked[split] = yield from looked_at(classifier, paths, "Scoring pictures", stop)
    targets = [target for *_, target in ids[Split.VALIDATION]]
    temperature = classifier.manifest.temperature
    if not payload.get("fixed"):
        temperature = fit_temperature(looked[Split.VALIDATION].logits, targets)
        change_manifest(folder / CLASSIFIER_FOLDER, temperature=temperature)
    predicted = [
        prediction
        for split in SCORED
        for prediction in scored(ids[split], looked[split].logits, temperature)
    ]
    write_features(
        folder / FEATURES_NAME, {split.value: looked[split].features for split in SCORED}
    )
    frequent = classifier.manifest.frequent
    predictions = Predictions(classifier.labels, frequent, tuple(predicted), temperature)
    write_predictions(folder / PREDICTIONS_NAME, predictions)
    yield Event("result", score_data(predictions))
