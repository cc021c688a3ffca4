"""What holds for every objective, and that a new one needs no change of loop or learner."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tlcore.classifier.network import Head
from tlcore.jobs.events import Event
from tlcore.training.data.mixup import Mixer
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.loop import Training
from tlcore.training.fit.objective import (
    Batch,
    CrossEntropy,
    LearningPart,
    Loss,
    Objective,
    Tally,
)
from tlcore.training.fit.optim import ParameterGroup
from tlcore.training.inputs.start import TrainingStart
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

LABELS, FEATURES = 3, 8


class NearerPlaces(CrossEntropy):
    """Cross-entropy, and how far the features of unlabelled pictures lie from the others, scaled.

    It has something of its own that learns, wants unlabelled pictures, and so stands for what is
    to come.
    """

    splits = (Split.UNLABELLED,)

    def __init__(self, label_weights: Tensor):
        super().__init__(label_weights, 0.0, Mixer(0.0, 0.0, labels=len(label_weights), seed=0))
        self.scale = nn.Parameter(torch.ones(()))

    def loss(self, part: LearningPart, batch: Batch, step: int) -> Loss:
        own = super().loss(part, batch, step)
        distance = torch.zeros(()) * self.scale
        for kept in batch.others.values():
            apart = part.features(kept).mean(0) - part.features(batch.kept).mean(0)
            distance = distance + self.scale.square() * apart.square().mean()
        return Loss({**own.parts, "distance": distance}, own.tally)


def plain(weights: Tensor) -> Objective:
    return CrossEntropy(weights, 0.0, Mixer(0.0, 0.0, labels=len(weights), seed=0))


def blended(weights: Tensor) -> Objective:
    return CrossEntropy(weights, 0.2, Mixer(0.4, 0.4, labels=len(weights), seed=1))


OBJECTIVES: list[Callable[[Tensor], Objective]] = [plain, blended, NearerPlaces]
WEIGHTS = torch.tensor([0.5, 1.0, 2.0])


def batch_of(objective: Objective, seed: int = 0) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    kept = torch.randn(6, FEATURES, generator=generator)
    others = {split: (torch.randn(6, FEATURES, generator=generator),) for split in objective.splits}
    return Batch((kept,), torch.arange(6) % LABELS, others)


def learner_of(objective: Objective) -> Learner:
    torch.manual_seed(0)
    head = Head(FEATURES, LABELS, hidden=(4,))
    nn.init.normal_(head.linear.weight)  # type: ignore[arg-type]
    recipe = Recipe(backbone="x", schedule="constant", warm_up=0.0, head_rate=0.01)
    groups = [ParameterGroup.of("head", recipe.head_rate, head.named_parameters())]
    return Learner(nn.Identity(), head, objective, recipe, groups, steps=9, precision="float32")


@pytest.mark.parametrize("make", OBJECTIVES)
def test_its_parts_are_finite_scalars_whose_sum_is_the_loss(
    make: Callable[[Tensor], Objective],
) -> None:
    objective = make(WEIGHTS)
    learner = learner_of(objective)
    loss = objective.loss(learner, batch_of(objective), 0)
    assert loss.parts and all(part.ndim == 0 for part in loss.parts.values())
    total = float(loss.total.detach())
    assert math.isfinite(total)
    assert total == pytest.approx(sum(float(part.detach()) for part in loss.parts.values()))
    tally = Tally()
    assert learner.step(batch_of(objective), tally) == pytest.approx(total)
    assert tally.examples == 6 and 0 <= tally.accuracy <= 1 and math.isfinite(tally.mean_loss)


@pytest.mark.parametrize("make", OBJECTIVES)
def test_its_gradient_reaches_whatever_learns(make: Callable[[Tensor], Objective]) -> None:
    objective = make(WEIGHTS)
    learner = learner_of(objective)
    before = {name: value.clone() for name, value in learner.head.named_parameters()}
    own = {name: value.clone() for name, value in objective.named_parameters()}
    learner.step(batch_of(objective), Tally())
    after = dict(learner.head.named_parameters())
    assert all(not torch.equal(value, after[name]) for name, value in before.items())
    learned = dict(objective.named_parameters())
    assert all(not torch.equal(value, learned[name]) for name, value in own.items())


@pytest.mark.parametrize("make", OBJECTIVES)
def test_steps_make_it_smaller(make: Callable[[Tensor], Objective]) -> None:
    objective = make(WEIGHTS)
    learner, tally = learner_of(objective), Tally()
    learner.score(batch_of(objective), tally)
    for _ in range(40):
        learner.step(batch_of(objective), Tally())
    after = Tally()
    learner.score(batch_of(objective), after)
    assert after.mean_loss < tally.mean_loss


@pytest.mark.parametrize("make", OBJECTIVES)
def test_it_goes_on_from_its_state_as_if_nothing_had_happened(
    make: Callable[[Tensor], Objective],
) -> None:
    whole, broken = learner_of(make(WEIGHTS)), learner_of(make(WEIGHTS))
    for learner in (whole, broken):
        for seed in range(3):
            learner.step(batch_of(learner.objective, seed), Tally())
    resumed = learner_of(make(WEIGHTS))
    resumed.head.load_state_dict(broken.head.state_dict())
    resumed.objective.load_state_dict(broken.objective.state_dict())
    resumed.remember(broken.memory)
    resumed.step_number = broken.step_number
    losses = [
        [learner.step(batch_of(learner.objective, seed), Tally()) for seed in range(3, 6)]
        for learner in (whole, resumed)
    ]
    assert losses[0] == losses[1]


RECIPE = Recipe(
    backbone="test_resnet", pretrained=False, epochs=3, batch_size=8, dropout=0.2, learning="last"
)


def with_unlabelled(pictures: TrainingSet) -> TrainingSet:
    """The test pictures once more, as if nobody had said what is on them."""
    others = tuple(
        TrainingExample(1000 + example.example, example.picture, example.path, None,
                        Split.UNLABELLED)
        for example in pictures.of(Split.TEST)
    )  # fmt: skip
    return replace(pictures, examples=(*pictures.examples, *others))


def curve(events: list[Event]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in event.data.items() if not name.startswith("seconds")}
        for event in events
        if event.kind in ("step", "epoch")
    ]


def test_unlabelled_pictures_in_the_set_change_nothing_for_who_does_not_want_them(
    pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    without = Training(RECIPE, pictures, tmp_path / "a", kept_home)
    beside = Training(RECIPE, with_unlabelled(pictures), tmp_path / "b", kept_home)
    first, second = (list(training.events()) for training in (without, beside))
    assert curve(first) == curve(second)
    assert first[-1].data["examples"] == second[-1].data["examples"]


def test_a_new_objective_learns_from_unlabelled_pictures_and_can_be_resumed(
    pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    examples = with_unlabelled(pictures)

    def training(folder: str, **settings: Any) -> Training:
        return Training(RECIPE, examples, tmp_path / folder, kept_home,
                        objective=NearerPlaces(torch.ones(LABELS)), **settings)  # fmt: skip

    whole = training("whole")
    uninterrupted = curve(list(whole.events()))
    plain_curve = curve(list(Training(RECIPE, examples, tmp_path / "p", kept_home).events()))
    assert uninterrupted != plain_curve
    calls = iter(range(10**6))
    start = TrainingStart(checkpoint=tmp_path / "checkpoint.safetensors")
    broken = training("resumed", start=start, stop=lambda: next(calls) >= 5)
    before = curve(list(broken.events()))
    resumed = training("resumed", start=replace(start, resumed=True))
    assert float(resumed.state.objective.scale.detach()) != 1.0  # type: ignore[operator, union-attr]
    rest = curve(list(resumed.events()))
    assert 0 < len(before) < len(uninterrupted)
    assert rest[-1] == uninterrupted[-1]
    assert torch.equal(
        whole.assembly.network.head.linear.weight, resumed.assembly.network.head.linear.weight
    )
