"""Steps of the learning part: rates, weights, threads, and losses that are no numbers."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from tlcore.classifier.network import Head
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.objective import Batch, CrossEntropy, Tally, objective_of
from tlcore.training.fit.optim import ParameterGroup, make_optimizer, make_schedule
from tlcore.training.recipe.recipe import Recipe


def learner(
    head: Head, *, weights: torch.Tensor | None = None, steps: int = 40, **settings: object
) -> Learner:
    recipe = Recipe.read({"backbone": "x", **settings})
    groups = [ParameterGroup.of("head", recipe.head_rate, head.named_parameters())]
    weights = torch.ones(2) if weights is None else weights
    objective = objective_of(recipe, weights)
    return Learner(nn.Identity(), head, objective, recipe, groups, steps=steps, precision="float32")


def rates(steps: int, **settings: object) -> list[float]:
    """The head's rate at each step, its full rate being 1."""
    recipe = Recipe.read({"backbone": "x", "head_rate": 1.0, **settings})
    optimizer = make_optimizer(
        [ParameterGroup.of("head", 1.0, Head(3, 2).named_parameters())], recipe
    )
    schedule = make_schedule(optimizer, recipe, steps)
    series = []
    for step in range(1, steps + 1):
        schedule.step_update(step)
        series.append(optimizer.param_groups[0]["lr"])
    return series


@given(st.integers(1, 300), st.floats(0, 0.5), st.sampled_from(["cosine", "constant"]))
def test_the_rate_warms_up_then_falls_or_stays(steps: int, warm_up: float, kind: str) -> None:
    series = rates(steps, warm_up=warm_up, schedule=kind)
    top = series.index(max(series))
    assert min(series) > 0 and max(series) <= 1.0
    assert series[: top + 1] == sorted(series[: top + 1])
    assert series[top:] == sorted(series[top:], reverse=True)
    if kind == "constant":
        assert series[-1] == 1.0


def test_the_warm_up_is_as_long_as_asked() -> None:
    assert rates(40, warm_up=0.25).index(1.0) == 9
    assert rates(40, warm_up=0)[0] > 0.99
    assert rates(40, warm_up=0.1, schedule="constant")[3:] == [1.0] * 37


def test_steps_lower_the_loss_and_leave_the_threads_alone() -> None:
    torch.manual_seed(0)
    features = torch.randn(40, 8)
    targets = (features[:, 0] > 0).long()
    taught = learner(Head(8, 2), head_rate=0.05)
    threads = torch.get_num_threads()
    with taught.threads():
        assert torch.get_num_threads() == 1
        losses = [taught.step(Batch((features,), targets), Tally()) for _ in range(40)]
    assert losses[0] == math.log(2) or abs(losses[0] - math.log(2)) < 1e-6
    assert losses[-1] < 0.3
    assert torch.get_num_threads() == threads


def test_the_loss_is_torchs_weighted_cross_entropy() -> None:
    torch.manual_seed(0)
    features, targets = torch.randn(6, 4), torch.tensor([0, 0, 0, 0, 0, 1])
    weights = torch.tensor([0.6, 3.0])
    head = Head(4, 2)
    nn.init.normal_(head.linear.weight)
    tally = Tally()
    learner(head, weights=weights).score(Batch((features,), targets), tally)
    expected = F.cross_entropy(head(features), targets, weights)
    assert abs(tally.mean_loss - float(expected.detach())) < 1e-6
    assert tally.examples == 6


def test_a_loss_that_is_no_number_changes_nothing() -> None:
    head = Head(4, 2)
    before = {name: value.clone() for name, value in head.state_dict().items()}
    batch = Batch((torch.full((3, 4), math.nan),), torch.tensor([0, 1, 0]))
    loss = learner(head).step(batch, Tally())
    assert not math.isfinite(loss)
    assert all(torch.equal(value, before[name]) for name, value in head.state_dict().items())


def test_biases_do_not_decay() -> None:
    taught = learner(Head(4, 2, hidden=(3,)), weight_decay=0.5)
    groups = taught._optimizer.param_groups
    assert {group["weight_decay"] for group in groups} == {0.5, 0.0}
    assert all(
        (parameter.ndim > 1) == (group["weight_decay"] > 0)
        for group in groups
        for parameter in group["params"]
    )


@pytest.mark.parametrize(("name", "kind"), [("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_timm_makes_the_optimiser_that_was_asked_for(name: str, kind: type) -> None:
    assert type(learner(Head(4, 2), optimizer=name)._optimizer) is kind


def test_smoothing_and_mixing_change_the_loss_but_not_what_is_told() -> None:
    torch.manual_seed(0)
    features, targets = torch.randn(8, 4), torch.arange(8) % 2
    plain, smoothed = Tally(), Tally()
    head = Head(4, 2)
    nn.init.normal_(head.linear.weight)
    twin = copy.deepcopy(head)
    loss = learner(head).step(Batch((features,), targets), plain)
    other = learner(twin, label_smoothing=0.3).step(Batch((features,), targets), smoothed)
    assert loss != other
    assert plain.mean_loss == pytest.approx(smoothed.mean_loss)
    expected = F.cross_entropy(head(features), targets, label_smoothing=0.3)
    again = learner(copy.deepcopy(head), label_smoothing=0.3).step(
        Batch((features,), targets), Tally()
    )
    assert again == pytest.approx(float(expected.detach()))


def test_mixed_answers_weigh_as_their_labels_do() -> None:
    torch.manual_seed(0)
    features, targets = torch.randn(6, 4), torch.tensor([0, 0, 0, 0, 0, 1])
    weights = torch.tensor([0.6, 3.0])
    head = Head(4, 2)
    nn.init.normal_(head.linear.weight)
    taught = learner(copy.deepcopy(head), weights=weights, mixup=1.0)
    loss = taught.step(Batch((features,), targets), Tally())
    assert isinstance(taught.objective, CrossEntropy)
    (mixed,), soft = taught.objective.mixer.mix((features,), targets, 0)
    losses = F.cross_entropy(head(mixed), soft, reduction="none")
    share = soft @ weights
    assert loss == pytest.approx(float(((losses * share).sum() / share.sum()).detach()))


def test_an_optimiser_goes_on_with_what_another_remembered() -> None:
    torch.manual_seed(0)
    batches = [(torch.randn(8, 4), torch.randint(0, 2, (8,))) for _ in range(6)]
    head = Head(4, 2)
    first = learner(head, schedule="constant", warm_up=0)
    for features, targets in batches[:3]:
        first.step(Batch((features,), targets), Tally())
    twin = copy.deepcopy(head)
    second = learner(twin, schedule="constant", warm_up=0)
    second.remember(first.memory)
    for features, targets in batches[3:]:
        first.step(Batch((features,), targets), Tally())
        second.step(Batch((features,), targets), Tally())
    assert all(torch.equal(a, b) for a, b in zip(head.parameters(), twin.parameters(), strict=True))
