"""Train, then score once in float32 what training has not seen. For workers and command line."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tlcore.classifier.manifest_writer import change_manifest
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped, never
from tlcore.results.score.calibration import fit_temperature
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.inference import split_outputs
from tlcore.results.score.predictions import Predictions, score_data, scored, write_predictions
from tlcore.results.score.result_cache import FEATURES_NAME, write_features
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.fit.loop import Training
from tlcore.training.fit.memory_errors import memory_errors_explained
from tlcore.training.fit.reporting.events import Finished
from tlcore.training.inputs.start import TrainingStart
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

SCORED = (Split.VALIDATION, Split.TEST)


def train_and_score(
    recipe: Recipe,
    examples: TrainingSet,
    *,
    folder: Path,
    home: Path | None = None,
    stop: Stop = never,
    predictions: Path | None = None,
    start: TrainingStart | None = None,
) -> Iterator[Event]:
    """Train into `folder`, then look at validation and test pictures with the kept network.

    Yields what `train` yields, a `score` event, and `finished` with `test_accuracy` (None without
    a test split) and `validation_accuracy` as scored. `predictions` is where every prediction is
    written, with the features of the scored pictures beside it. The temperature that validation
    asks for goes into the classifier's manifest.
    """
    with (
        memory_errors_explained(),
        closing(Training(recipe, examples, folder, home, stop, start)) as training,
    ):
        for event in training.events():
            if event.kind != "finished":
                yield event
        finished = training.finished()
        if finished.classifier and not finished.stopped:
            try:
                kept = predictions and predictions.with_name(FEATURES_NAME)
                scores = yield from _score(training, folder, kept)
            except Stopped:
                finished = replace(finished, stopped=True)
                training.checkpoints.save()
            else:
                training.checkpoints.remove()
                if predictions is not None:
                    write_predictions(predictions, scores)
                finished = _with_scores(finished, scores)
                yield Event("score", score_data(scores))
        yield replace(finished, seconds=training.state.clock.summary()).to_event()


def _with_scores(finished: Finished, predictions: Predictions) -> Finished:
    """With the accuracies as scored."""
    validation, test = predictions.evaluation("validation"), predictions.evaluation("test")
    return replace(
        finished,
        validation_accuracy=validation.accuracy if validation else None,
        test_accuracy=test.accuracy if test else None,
    )


def _score(
    training: Training, folder: Path, features: Path | None
) -> Generator[Event, None, Predictions]:
    """Look at validation, then test; what validation says makes the percentages honest."""
    looked = {}
    for split in SCORED:
        looked[split] = yield from split_outputs(training, split)
    targets = training.examples.targets(Split.VALIDATION)
    temperature = fit_temperature(looked[Split.VALIDATION].logits, targets)
    change_manifest(folder, temperature=temperature)
    predictions: list[Prediction] = []
    for split in SCORED:
        predictions += scored(named(training.examples.of(split)), looked[split].logits, temperature)
    if features is not None:
        write_features(features, {split.value: looked[split].features for split in SCORED})
    labels, frequent = training.examples.labels, training.examples.frequent
    return Predictions(labels, frequent, tuple(predictions), temperature)


def named(examples: Sequence[TrainingExample]) -> list[tuple[int, str, str, int]]:
    """(example, picture, split, target) of each."""
    return [
        (example.example, example.picture, example.split.value, example.label_index)
        for example in examples
    ]
