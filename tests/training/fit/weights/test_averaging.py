"""The mean of weights, when it takes the best epoch's place, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import read_manifest
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.loop import Training
from tlcore.training.fit.weights.averaging import WeightMean, clearly_worse
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

numbers = st.floats(-100, 100, width=32)


def recipe(**settings: Any) -> Recipe:
    plain = {"backbone": "test_resnet", "epochs": 6, "batch_size": 8, "pretrained": False}
    return Recipe.read({**plain, **settings})


@given(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=8))
def test_the_running_mean_is_the_mean(epochs: list[list[float]]) -> None:
    mean = WeightMean()
    for epoch in epochs:
        mean.add({"w": torch.tensor(epoch)})
    assert mean.count == len(epochs)
    assert torch.allclose(mean.tensors["w"], torch.tensor(epochs).mean(0), atol=1e-3)


@given(st.lists(numbers, min_size=1, max_size=5), st.integers(2, 9))
def test_what_does_not_change_stays_bit_for_bit(values: list[float], times: int) -> None:
    mean, same = WeightMean(), torch.tensor(values)
    for number in range(times):
        mean.add({"w": same, "steps": torch.tensor(number)})
    assert torch.equal(mean.tensors["w"], same)
    assert int(mean.tensors["steps"]) == times - 1


def test_the_mean_does_not_share_memory_with_the_network() -> None:
    mean, weights = WeightMean(), torch.zeros(2)
    mean.add({"w": weights})
    weights += 1
    assert torch.equal(mean.tensors["w"], torch.zeros(2))


def sure(shares: Sequence[float]) -> Tensor:
    """Logits of two labels, so sure of the first one."""
    return torch.tensor([[share, 0.0] for share in shares]).double()


@pytest.mark.parametrize(
    ("mean", "best", "refused"),
    [
        ([-1.0] * 20, [2.0] * 20, True),  # wrong everywhere
        ([2.0] * 20, [-1.0] * 20, False),
        ([1.0] * 20, [1.0] * 20, False),
        ([1.0] * 20, [9.0] * 20, False),  # less sure, but as often right
        ([-1.0, -1.0, *[1.0] * 7], [1.0] * 9, False),  # worse, but perhaps by chance
        ([-1.0] * 4 + [1.0] * 5, [1.0] * 9, True),
        ([-1.0] * 4 + [1.0] * 5, [1.0] * 7 + [-1.0] * 2, False),  # some lost, some won
        ([-1.0], [9.0], False),  # one picture says nothing
        ([float("nan")] * 4, [1.0] * 4, True),
    ],
)
def test_only_what_is_clearly_worse_is_refused(
    mean: list[float], best: list[float], refused: bool
) -> None:
    targets = torch.zeros(len(mean), dtype=torch.long)
    assert clearly_worse(sure(mean), sure(best), targets, torch.ones(2)) is refused


def test_labels_count_by_their_weights() -> None:
    """Worse on the rare label, better on the frequent one: the weights decide."""
    targets = torch.tensor([0] * 8 + [1] * 8)
    mean = torch.tensor([[3.0, 0.0]] * 16).double()
    best = torch.tensor([[0.0, 3.0]] * 16).double()
    assert clearly_worse(mean, best, targets, torch.tensor([0.2, 1.8]).double())
    assert not clearly_worse(mean, best, targets, torch.tensor([1.8, 0.2]).double())


def trained(chosen: Recipe, examples: TrainingSet, folder: Path, home: Path) -> Any:
    """(events, the learning tensors after each epoch, the training)."""
    training = Training(chosen, examples, folder, home)
    events, after = [], []
    for event in training.events():
        events.append(event)
        if event.kind == "epoch":
            state = training.assembly.network.state_dict()
            after.append({name: state[name].clone() for name in training.assembly.learning})
    return events, after, training


def kept_is(folder: Path, wanted: dict[str, Tensor]) -> bool:
    state = Classifier.load(folder).network.state_dict()
    return all(
        torch.allclose(state[name].float(), tensor.float(), atol=1e-6, rtol=1e-4)
        for name, tensor in wanted.items()
    )


def mean_of(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of each tensor; of BatchNorm's counters the latest."""
    every = {name: torch.stack([state[name] for state in states]) for name in states[0]}
    return {
        name: values.mean(0) if values.is_floating_point() else values[-1]
        for name, values in every.items()
    }


@pytest.mark.parametrize("learning", ["head", "last"])
def test_a_training_leaves_the_mean_from_its_best_epoch_on(
    learning: str, pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    # A rate so high that the loss goes up and down: the best epoch is not the last.
    chosen = recipe(learning=learning, head_rate=0.3, backbone_rate=0.001, schedule="constant")
    for seed in range(20):
        folder = tmp_path / str(seed)
        seeded = chosen.with_changes(seed=seed)
        events, after, training = trained(seeded, pictures, folder, kept_home)
        summary = events[-1].data
        if summary["averaged"]:
            break
    first, last = summary["averaged"]
    assert (first, last) == (summary["best_epoch"], 6) and first < last
    assert kept_is(folder, mean_of(after[first - 1 :]))
    assert not kept_is(folder, after[first - 1])
    metrics = read_manifest(folder).metrics
    assert metrics["averaged"] == [first, last]
    assert metrics["validation_loss"] == pytest.approx(summary["validation_loss"])
    assert any(f"mean of epochs {first} to 6" in str(e.data.get("words")) for e in events)
    now = training.assembly.network.state_dict()  # what is scored after training
    assert all(torch.equal(now[name], tensor) for name, tensor in training.best.weights.items())


def test_without_averaging_the_best_epoch_is_left(
    pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    chosen = recipe(head_rate=0.3, schedule="constant", average=False)
    events, after, _ = trained(chosen, pictures, tmp_path / "c", kept_home)
    assert events[-1].data["averaged"] is None
    assert kept_is(tmp_path / "c", after[events[-1].data["best_epoch"] - 1])


def test_a_mean_that_is_clearly_worse_is_refused(
    pictures: TrainingSet, kept_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlcore.training.fit.weights.final_weights.clearly_worse", lambda *_: True)
    chosen = recipe(head_rate=0.3, schedule="constant", epochs=8)
    events, after, training = trained(chosen, pictures, tmp_path / "c", kept_home)
    best = events[-1].data["best_epoch"]
    assert best < 8, "this recipe no longer ends after its best epoch"
    assert events[-1].data["averaged"] is None
    assert any("alone is kept" in str(event.data.get("words")) for event in events)
    assert kept_is(tmp_path / "c", after[best - 1])
    now = training.assembly.network.state_dict()
    assert all(torch.equal(now[name], tensor) for name, tensor in after[best - 1].items())


def test_without_validation_nothing_is_averaged(
    pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    only = replace(pictures, examples=pictures.of(Split.TRAIN))
    events, after, _ = trained(recipe(), only, tmp_path / "c", kept_home)
    assert events[-1].data["averaged"] is None
    assert kept_is(tmp_path / "c", after[-1])
