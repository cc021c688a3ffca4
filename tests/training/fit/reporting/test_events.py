"""Events of a training are written and read in one way, those of earlier versions too."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from tlcore.jobs.events import Event
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.epoch_score import EpochScore
from tlcore.training.fit.loop import train
from tlcore.training.fit.reporting.events import (
    EpochDone,
    Finished,
    Note,
    PhaseBegan,
    Resumed,
    StepsDone,
    TrainingEvent,
)
from tlcore.training.recipe.recipe import Recipe

KINDS: dict[str, type[TrainingEvent]] = {
    record.kind: record for record in (EpochDone, Finished, Note, PhaseBegan, Resumed, StepsDone)
}
# As runs of earlier versions are stored.
OLD_SUMMARY = {
    "val_accuracy": 0.75, "val_loss": 0.5, "best_epoch": 3, "averaged": [3, 6], "epochs": 6,
    "trainable_parameters": 10, "frozen_parameters": 20, "precision": "float32", "device": "cpu",
    "examples": {"train": 8, "validation": 4, "test": 4}, "seconds": {"total": 2.5},
    "stopped": False, "classifier": True, "test_accuracy": 0.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def events(
    pictures: TrainingSet, kept_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Event]:
    recipe = Recipe.read(
        {"backbone": "test_resnet", "pretrained": False, "epochs": 2, "batch_size": 8}
    )
    folder = tmp_path_factory.mktemp("events") / "classifier"
    return list(train(recipe, pictures, folder=folder, home=kept_home))


def test_every_event_of_a_training_has_a_record_and_comes_back_from_json(
    events: list[Event],
) -> None:
    assert {event.kind for event in events} >= {"phase", "step", "epoch", "finished"}
    for event in events:
        if event.kind == "progress":  # the one that every task has
            continue
        record = KINDS[event.kind].read(json.loads(event.to_json())["data"])
        assert record.to_event().data == event.data
        assert {field.name for field in fields(record)} == set(event.data)


def test_validation_has_one_name_in_all_events(events: list[Event]) -> None:
    names = {key for event in events for key in event.data if key.startswith("val")}
    assert names == {"validation_accuracy", "validation_loss"}


def test_what_is_finished_is_what_the_best_epoch_was(events: list[Event]) -> None:
    ended = Finished.read(events[-1].data)
    epochs = [EpochDone.read(event.data) for event in events if event.kind == "epoch"]
    if ended.averaged is None:
        best = next(epoch for epoch in epochs if epoch.epoch == ended.best_epoch)
        assert ended.validation_accuracy == best.validation_accuracy
    assert ended.classifier and ended.seconds["total"] > 0


def test_summaries_of_earlier_versions_are_read() -> None:
    ended = Finished.read(OLD_SUMMARY)
    assert (ended.validation_accuracy, ended.validation_loss) == (0.75, 0.5)
    assert (ended.test_accuracy, ended.kept) == (0.5, "mean of epochs 3 to 6")
    assert "val_accuracy" not in ended.to_event().data
    assert Finished.read({}) == Finished()
    assert Finished.read({"val_accuracy": None}).validation_accuracy is None


def test_scores_of_earlier_checkpoints_are_read() -> None:
    """They held the whole data of an epoch's event."""
    stored = {
        "epoch": 2, "epochs": 4, "phase": "head", "train_loss": 0.4, "train_accuracy": 0.8,
        "validation_loss": 0.5, "validation_accuracy": 0.7, "seconds": 1.0, "seconds_left": 2.0,
    }  # fmt: skip
    score = EpochScore.read(stored)
    assert score == EpochScore(2, None, 0.4, 0.8, 0.5, 0.7)
    assert EpochScore.read(score.to_json()) == score
    assert EpochScore.read({"epoch": 0}) == EpochScore(0)


@pytest.mark.parametrize(
    ("loss", "best", "better"),
    [(0.4, 0.5, True), (0.5, 0.5, False), (float("nan"), 0.5, False), (None, None, True),
     (0.5, None, True)],
)  # fmt: skip
def test_epochs_are_judged_by_their_validation_loss(
    loss: float | None, best: float | None, better: bool
) -> None:
    score = EpochScore(2, validation_loss=loss)
    assert score.better_than(EpochScore(1, validation_loss=best)) is better
