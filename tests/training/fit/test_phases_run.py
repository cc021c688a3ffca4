"""Phases at work: gradual unfreezing, what is computed how often, and what stays as it was."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tlcore.classifier.classifier import Classifier
from tlcore.jobs.events import Event
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.loop import Training
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, apply_strategy
from tlcore.workspace.paths import Layout
from tlcore.workspace.records import Split

FAMILIES = ("test_resnet", "test_vit", "test_efficientnet", "test_convnext")
SMALL = "test_resnet"


def recipe(backbone: str = SMALL, **settings: Any) -> Recipe:
    plain = {"epochs": 4, "batch_size": 8, "pretrained": False, "moving_statistics": True}
    return Recipe.read({"backbone": backbone, **plain, **settings})


@pytest.fixture(scope="module")
def few(pictures: TrainingSet) -> TrainingSet:
    """Three pictures of each label to learn from, one to validate with."""
    chosen = []
    for target in range(len(pictures.labels)):
        for split, count in ((Split.TRAIN, 3), (Split.VALIDATION, 1)):
            chosen += [example for example in pictures.of(split) if example.target == target][
                :count
            ]
    return TrainingSet(pictures.labels, tuple(chosen))


def copied(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


QUICK = [(SMALL, "gradual"), (SMALL, "middle"), ("test_vit", "last"), ("test_convnext", "middle"),
         ("test_efficientnet", "two_phase")]  # fmt: skip
ALL = [
    pytest.param(*pair, marks=() if pair in QUICK else pytest.mark.slow)
    for pair in itertools.product(FAMILIES, [*STRATEGIES, "middle"])
]


@pytest.mark.parametrize(("family", "strategy"), ALL)
def test_frozen_stages_are_untouched(
    family: str, strategy: str, few: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    """After every phase, bit for bit: parameters and statistics of what is frozen in it."""
    names = [stage.name for stage in Training(
        recipe(family), few, tmp_path / "n", kept_home).assembly.stages]  # fmt: skip
    if strategy == "middle":
        pattern = tuple(index == len(names) // 2 for index in range(len(names)))
        chosen = recipe(family, learning=pattern, head_epochs=1, epochs=2)
    else:
        chosen = apply_strategy(strategy, recipe(family, epochs=len(names) + 1), names, 50)
    # rates that move everything they may move, and no early stop
    chosen = chosen.with_changes(backbone_rate=0.01, head_rate=0.01, warm_up=0, layer_decay=0.9)
    training = Training(chosen, few, tmp_path / "c", kept_home)
    module = training.assembly.backbone.module
    untouched = copied(module)
    after: list[dict[str, torch.Tensor]] = []
    for event in training.events():
        if event.kind == "phase" and event.data["number"] > 1:
            after.append(copied(module))
    after.append(copied(module))
    for phase, state in zip(training.assembly.phases, after, strict=True):
        for stage in training.assembly.stages:
            tensors = [n for n in stage.parameter_names + stage.buffer_names if n in state]
            moved = [n for n in tensors if not torch.equal(untouched[n], state[n])]
            assert bool(moved) == phase.learning[stage.index], (phase.name, stage.name)
    saved = Classifier.load(tmp_path / "c").network.backbone.state_dict()
    learned = {n.removeprefix("backbone.") for n in training.assembly.learning}
    assert all(torch.equal(saved[n], untouched[n]) for n in saved if n not in learned)


class Counts:
    """How many pictures went through a leaf of each stage, by phase, while features were computed.

    Tracing and checking a cut run on random pictures of their own: they do not count.
    """

    def __init__(self, training: Training, monkeypatch: pytest.MonkeyPatch):
        self.by_phase: list[Counter[int]] = []
        self.on = False
        modules = dict(training.assembly.backbone.module.named_modules())
        for stage in training.assembly.stages:
            leaf = next(n for n in stage.modules if isinstance(modules[n], nn.Conv2d))
            modules[leaf].register_forward_hook(self._hook(stage.index))
        from tlcore.backbones.features import extract as room

        compute_features = room.compute_features

        def counted(*args: Any) -> Any:
            self.on = True
            try:
                return compute_features(*args)
            finally:
                self.on = False

        monkeypatch.setattr(room, "compute_features", counted)

    def _hook(self, stage: int) -> Any:
        def hook(module: nn.Module, given: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
            if self.on:
                self.by_phase[-1][stage] += len(out)

        return hook

    def listen(self, events: list[Event], training: Training) -> None:
        for event in training.events():
            if event.kind == "phase":
                self.by_phase.append(Counter())
            events.append(event)


@pytest.mark.parametrize("views", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_gradual_unfreezing_computes_each_frozen_stage_once_per_picture_and_view(
    views: int, few: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = recipe(
        learning="all", unfreezing="gradual", epochs=12, head_epochs=2, views=views, flips=True
    )
    training = Training(chosen, few, tmp_path / "c", tmp_path / "home")
    counts = Counts(training, monkeypatch)
    events: list[Event] = []
    counts.listen(events, training)
    train, validation = len(few.of(Split.TRAIN)), len(few.of(Split.VALIDATION))
    stages = len(training.assembly.stages)
    assert len(counts.by_phase) == stages + 1
    total = sum(counts.by_phase, Counter())
    for stage in range(stages - 1):  # the last stage is frozen in the head's phase only
        assert total[stage] <= views * train + validation, (stage, counts.by_phase)
    assert total[0] == views * train + validation
    assert total[stages - 1] == train + validation
    for phase, seen in zip(training.assembly.phases, counts.by_phase, strict=True):
        assert not any(seen[index] for index in range(stages) if phase.learning[index])


def test_two_phases_look_once(
    few: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = recipe(learning="last", epochs=4, head_epochs=2)
    training = Training(chosen, few, tmp_path / "c", tmp_path / "home")
    counts = Counts(training, monkeypatch)
    counts.listen([], training)
    head, last = counts.by_phase
    assert set(head.values()) == {len(few.of(Split.TRAIN)) + len(few.of(Split.VALIDATION))}
    assert not last


def curves(chosen: Recipe, few: TrainingSet, folder: Path, home: Path) -> list[Any]:
    events = list(Training(chosen, few, folder, home).events())
    timeless = [
        {k: v for k, v in event.data.items() if not k.startswith("seconds")}
        for event in events
        if event.kind in ("step", "epoch")
    ]
    assert timeless
    return timeless


def test_the_same_seed_gives_the_same_curves_whatever_was_kept(
    few: TrainingSet, tmp_path: Path
) -> None:
    """Mixing, smoothing, views, dropout and joining stages included.

    Both homes share what was measured of this machine: the faster precision is a near thing.
    """
    stages = len(Training(recipe(), few, tmp_path / "n", tmp_path / "two").assembly.stages)
    chosen = recipe(
        learning=tuple(index >= stages - 2 for index in range(stages)), unfreezing="gradual",
        epochs=6, head_epochs=2, dropout=0.3, mixup=0.4, flips=True, crops=True, views=2,
        label_smoothing=0.1, layer_decay=0.5,
    )  # fmt: skip
    first = curves(chosen, few, tmp_path / "a", tmp_path / "one")
    assert curves(chosen, few, tmp_path / "b", tmp_path / "one") == first
    caches = (Layout(tmp_path / home).cache for home in ("one", "two"))
    shutil.copytree(*caches, dirs_exist_ok=True)
    curves(recipe(epochs=1), few, tmp_path / "c", tmp_path / "two")  # keeps pooled features
    assert curves(chosen, few, tmp_path / "d", tmp_path / "two") == first
    other = curves(chosen.with_changes(seed=1), few, tmp_path / "e", tmp_path / "one")
    assert other != first


def test_a_lower_stage_moves_less(few: TrainingSet, kept_home: Path, tmp_path: Path) -> None:
    chosen = recipe(
        learning="all", epochs=1, layer_decay=0.01, optimizer="sgd", moving_statistics=False,
        head="cosine",
    )  # fmt: skip
    training = Training(chosen, few, tmp_path / "c", kept_home)
    before = copied(training.assembly.backbone.module)
    events = list(training.events())
    phases = [event.data for event in events if event.kind == "phase"]
    after = training.assembly.backbone.module.state_dict()
    rates = list(phases[0]["rates"].values())
    assert rates[1:] == pytest.approx([1e-4 * 0.01**n for n in range(len(rates) - 2, -1, -1)])
    notes = [event.data["words"] for event in events if event.kind == "note"]
    assert any("statistics of BatchNorm" in words for words in notes)
    moved = [
        max(float((after[n] - before[n]).abs().max()) for n in stage.parameter_names)
        for stage in training.assembly.stages
    ]
    assert moved[0] < moved[-1]
