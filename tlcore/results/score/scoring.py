"""Train, then score once in float32 what training has not seen. For workers and command line."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from tlcore.classifier.manifest_writer import change_manifest
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped, never
from tlcore.results.score.calibration import fit_temperature
from tlcore.results.score.evaluate import Scored
from tlcore.results.score.inference import looked_by_training
from tlcore.results.score.predictions import Predictions, score_data, scored, write_predictions
from tlcore.results.score.result_cache import FEATURES_NAME, write_features
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.fit.loop import Training
from tlcore.training.fit.memory_errors import memory_errors_explained
from tlcore.training.inputs.start import Beginning
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
    beginning: Beginning | None = None,
) -> Iterator[Event]:
    """Train into `folder`, then look at validation and test pictures with the kept network.

    Yields what `train` yields, a `score` event, and `finished` with `test_accuracy` (None without
    a test split) and `val_accuracy` as scored. `predictions` is where every answer is written,
    with the features of the scored pictures beside it. The temperature that validation asks for
    goes into the classifier's manifest.
    """
    with (
        memory_errors_explained(),
        closing(Training(recipe, examples, folder, home, stop, beginning)) as training,
    ):
        for event in training.events():
            if event.kind != "finished":
                yield event
        finished = {**training.summary(), "test_accuracy": None}
        if finished["classifier"] and not finished["stopped"]:
            try:
                kept = predictions and predictions.with_name(FEATURES_NAME)
                said = yield from _score(training, folder, kept)
            except Stopped:
                finished["stopped"] = True
                training.bookmark.save()
            else:
                training.bookmark.remove()
                finished |= _tell(said, predictions)
                yield Event("score", score_data(said))
        yield Event("finished", {**finished, "seconds": training.clock.summary()})


def _tell(said: Predictions, path: Path | None) -> dict[str, float | None]:
    """Write the answers down; the accuracies as scored."""
    if path is not None:
        write_predictions(path, said)
    validation, test = said.evaluation("validation"), said.evaluation("test")
    return {
        "val_accuracy": validation.accuracy if validation else None,
        "test_accuracy": test.accuracy if test else None,
    }


def _score(
    training: Training, folder: Path, features: Path | None
) -> Generator[Event, None, Predictions]:
    """Look at validation, then test; what validation says makes the percentages honest."""
    looked = {}
    for split in SCORED:
        looked[split] = yield from looked_by_training(training, split)
    targets = [one.target for one in training.examples.of(Split.VALIDATION)]
    temperature = fit_temperature(looked[Split.VALIDATION].logits, targets)
    change_manifest(folder, temperature=temperature)
    found: list[Scored] = []
    for split in SCORED:
        found += scored(named(training.examples.of(split)), looked[split].logits, temperature)
    if features is not None:
        write_features(features, {split.value: looked[split].features for split in SCORED})
    labels, frequent = training.examples.labels, training.examples.frequent
    return Predictions(labels, frequent, tuple(found), temperature)


def named(examples: Sequence[TrainingExample]) -> list[tuple[int, str, str, int]]:
    """(example, picture, split, target) of each."""
    return [(one.example, one.picture, one.split.value, one.target) for one in examples]
