"""Starting from what an earlier classifier learned: its weights, its labels and its rates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import read_manifest
from tlcore.errors import RecipeRefused
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.loop import Training, train
from tlcore.training.inputs.start import TrainingStart, continued
from tlcore.training.recipe.phases import phases_of
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

BACKBONE = "test_resnet"


def recipe(**settings: Any) -> Recipe:
    plain = {"backbone": BACKBONE, "epochs": 4, "batch_size": 8, "pretrained": False}
    return Recipe.read({**plain, **settings})


def learned(folder: Path) -> dict[str, torch.Tensor]:
    return Classifier.load(folder).network.state_dict()


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(
        torch.equal(first[name], second[name]) for name in first
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def test_a_warm_start_goes_on_from_what_was_learned(
    pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    first = recipe(backbone=DEFAULT_BACKBONE, pretrained=True, epochs=8, head_rate=0.003)
    before = list(train(first, pictures, folder=tmp_path / "a", home=home))
    begin = TrainingStart(classifier=tmp_path / "a", origin={"run": "abc", "number": 1})
    more = continued(first, 2)
    events = list(train(more, pictures, folder=tmp_path / "b", home=home, start=begin))
    losses = [event.data["train_loss"] for event in before if event.kind == "epoch"]
    again = [event.data["train_loss"] for event in events if event.kind == "epoch"]
    assert again[0] < losses[0] / 4
    start = read_manifest(tmp_path / "b").start
    assert start["run"] == "abc" and start["labels"] == list(pictures.labels)
    assert any("what was learned" in e.data["words"] for e in events if e.kind == "note")


def test_going_on_loses_nothing(pictures: TrainingSet, home: Path, tmp_path: Path) -> None:
    first = recipe(backbone=DEFAULT_BACKBONE, pretrained=True, epochs=12, head_rate=0.003)
    before = list(train(first, pictures, folder=tmp_path / "a", home=home))
    # Wrong labels from here on: what it learns makes it worse.
    wrong = [replace(item, target=(item.target + 1) % 3) if item.split is Split.TRAIN else item
             for item in pictures.examples]  # fmt: skip
    worse, begin = (
        replace(pictures, examples=tuple(wrong)),
        TrainingStart(classifier=tmp_path / "a"),
    )
    more = continued(first, 3)
    events = list(train(more, worse, folder=tmp_path / "b", home=home, start=begin))
    losses = [event.data["validation_loss"] for event in events if event.kind == "epoch"]
    assert min(losses) > before[-1].data["validation_loss"]
    assert events[-1].data["best_epoch"] == 0 and events[-1].data["averaged"] is None
    assert any("as epoch 0" in event.data["words"] for event in events if event.kind == "note")
    assert same(learned(tmp_path / "b"), learned(tmp_path / "a"))


@pytest.mark.parametrize(
    ("learning", "head_epochs", "rate"),
    [("last", 2, 0.0005), ("last", 0, 0.001), ("head", 2, 0.001), ((False,) * 5, 2, 0.001)],
)
def test_more_epochs_go_on_at_the_last_rates(learning: Any, head_epochs: int, rate: float) -> None:
    whole = recipe(learning=learning, epochs=8, head_epochs=head_epochs, head_rate=0.001)
    names = ["a", "b", "c", "d", "e"]
    last, further = phases_of(whole, names)[-1], phases_of(continued(whole, 5), names)
    assert [(item.epochs, item.head_rate) for item in further] == [(5, rate)]
    assert (last.head_rate, last.stage_rates) == (rate, further[0].stage_rates)


def test_new_labels_start_at_zero_and_known_ones_keep_their_rows(
    pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    list(train(recipe(learning="last"), pictures, folder=tmp_path / "a", home=home))
    earlier = Classifier.load(tmp_path / "a")
    labels = ("new", *reversed(pictures.labels))
    turned = tuple(
        replace(item, target=labels.index(pictures.labels[item.target]))
        for item in pictures.examples
    )
    new = replace(turned[0], example=999, target=0)
    examples = TrainingSet(labels, (new, *turned[1:]))
    training = Training(recipe(), examples, tmp_path / "b", home,
                        start=TrainingStart(classifier=tmp_path / "a"))  # fmt: skip
    head, before = training.assembly.network.head, earlier.network.head
    assert not head.linear.weight[0].any() and not head.linear.bias[0].any()
    for label in pictures.labels:
        row, old = labels.index(label), pictures.labels.index(label)
        assert torch.equal(head.linear.weight[row], before.linear.weight[old])
    assert torch.equal(head.shift, before.shift) and torch.equal(head.scale, before.scale)
    assert same(
        training.assembly.backbone.module.state_dict(), earlier.network.backbone.state_dict()
    )
    training.close()


def test_features_of_learned_stages_are_not_taken_for_those_of_the_backbone(
    pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    list(train(recipe(learning="last", epochs=1), pictures, folder=tmp_path / "a", home=home))
    plain = Training(recipe(), pictures, tmp_path / "b", home)
    warm = Training(recipe(), pictures, tmp_path / "c", home,
                    start=TrainingStart(classifier=tmp_path / "a"))  # fmt: skip
    stages = len(plain.assembly.stages)
    same_below = [
        plain.assembly.fingerprint(index) == warm.assembly.fingerprint(index)
        for index in range(1, stages + 1)
    ]
    assert same_below == [True] * (stages - 1) + [False]
    for item in (plain, warm):
        item.close()


def test_a_head_of_another_shape_starts_anew(
    pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    list(train(recipe(epochs=1), pictures, folder=tmp_path / "a", home=home))
    begin = TrainingStart(classifier=tmp_path / "a")
    events = list(train(recipe(epochs=1, hidden=(8,)), pictures, folder=tmp_path / "b", home=home,
                        start=begin))  # fmt: skip
    assert any("starts anew" in e.data["words"] for e in events if e.kind == "note")
    assert read_manifest(tmp_path / "b").start["labels"] == []


def test_another_backbone_or_no_classifier_is_refused(
    pictures: TrainingSet, home: Path, tmp_path: Path
) -> None:
    list(train(recipe(epochs=1), pictures, folder=tmp_path / "a", home=home))
    with pytest.raises(RecipeRefused, match="test_resnet"):
        Training(recipe(backbone="test_vit"), pictures, tmp_path / "b", home,
                 start=TrainingStart(classifier=tmp_path / "a"))  # fmt: skip
    with pytest.raises(RecipeRefused, match="no classifier"):
        Training(recipe(), pictures, tmp_path / "b", home,
                 start=TrainingStart(classifier=tmp_path / "nowhere"))  # fmt: skip
