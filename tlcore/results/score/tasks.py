"""Training with scores, and scoring a classifier that has none yet, as tasks for the workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.results.score.calibration import fit_temperature
from tlcore.results.score.inference import copy_outputs
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
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.fit.resuming.stored_run import begin_run, read_pictures
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
    outputs, ids = {}, {}
    for split in SCORED:
        targets_of = _targets_of(classifier.labels, examples, split)
        ids[split] = [
            (example.example, example.picture, split.value, target)
            for example, target in targets_of
        ]
        paths = [example.path for example, _ in targets_of]
        outputs[split] = yield from copy_outputs(classifier, paths, "Scoring pictures", stop)
    targets = [target for *_, target in ids[Split.VALIDATION]]
    temperature = classifier.manifest.temperature
    if not payload.get("fixed"):
        temperature = fit_temperature(outputs[Split.VALIDATION].logits, targets)
        change_manifest(folder / CLASSIFIER_FOLDER, temperature=temperature)
    predicted = [
        prediction
        for split in SCORED
        for prediction in scored(ids[split], outputs[split].logits, temperature)
    ]
    write_features(
        folder / FEATURES_NAME, {split.value: outputs[split].features for split in SCORED}
    )
    frequent = classifier.manifest.frequent
    predictions = Predictions(classifier.labels, frequent, tuple(predicted), temperature)
    write_predictions(folder / PREDICTIONS_NAME, predictions)
    yield Event("result", score_data(predictions))


def _targets_of(
    labels: Sequence[str], examples: TrainingSet, split: Split
) -> list[tuple[TrainingExample, int]]:
    """The examples of a split whose label the classifier knows, with its number there."""
    known = {name: index for index, name in enumerate(labels)}
    named = [(example, examples.labels[example.label_index]) for example in examples.of(split)]
    return [(example, known[name]) for example, name in named if name in known]
