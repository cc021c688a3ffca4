"""Train, then score once in float32 what training has not seen. For workers and command line."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

from tlcore.jobs.events import Event
from tlcore.results.evaluate import Scored
from tlcore.results.predictions import Predictions, score_data, scored, write_predictions
from tlcore.training.answers import answers
from tlcore.training.examples import TrainingSet
from tlcore.training.loop import Training, in_plain_words
from tlcore.training.recipe import Recipe
from tlcore.training.stopping import Stop, Stopped, never
from tlcore.workspace.records import Split


def train_and_score(
    recipe: Recipe,
    examples: TrainingSet,
    *,
    folder: Path,
    home: Path | None = None,
    stop: Stop = never,
    predictions: Path | None = None,
) -> Iterator[Event]:
    """Train into `folder`, then look at validation and test pictures with the kept network.

    Yields what `train` yields, a `score` event, and `finished` with `test_accuracy` (None without
    a test split) and `val_accuracy` as scored. `predictions` is where every answer is written.
    """
    with in_plain_words(), closing(Training(recipe, examples, folder, home, stop)) as training:
        for event in training.events():
            if event.kind != "finished":
                yield event
        finished = {**training.summary(), "test_accuracy": None}
        if finished["classifier"] and not finished["stopped"]:
            try:
                said = yield from _score(training)
            except Stopped:
                finished["stopped"] = True
            else:
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


def _score(training: Training) -> Generator[Event, None, Predictions]:
    found: list[Scored] = []
    for split in (Split.VALIDATION, Split.TEST):
        rows = yield from answers(training, split)
        ids = [
            (one.example, one.picture, split.value, one.target)
            for one in training.examples.of(split)
        ]
        found += scored(ids, rows)
    return Predictions(training.examples.labels, training.examples.frequent, tuple(found))
