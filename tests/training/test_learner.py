"""Steps of the learning part: rates, weights, threads, and losses that are no numbers."""

from __future__ import annotations

import math

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from tlcore.training.learner import Learner, Tally, rate_share
from tlcore.training.network import Head
from tlcore.training.recipe import Recipe


def learner(head: Head, *, weights: torch.Tensor | None = None, **settings: object) -> Learner:
    recipe = Recipe.read({"backbone": "x", **settings})
    phase = recipe.phases(["only"])[0]
    weights = torch.ones(2) if weights is None else weights
    return Learner(
        nn.Identity(), head, recipe, phase, steps=40, weights=weights, precision="float32"
    )


@given(st.integers(1, 500))
def test_the_rate_warms_up_then_falls(steps: int) -> None:
    shares = [rate_share(step, steps) for step in range(steps)]
    top = shares.index(max(shares))
    assert max(shares) == 1.0
    assert shares[: top + 1] == sorted(shares[: top + 1])
    assert shares[top:] == sorted(shares[top:], reverse=True)
    assert all(share > 0 for share in shares)


def test_steps_lower_the_loss_and_leave_the_threads_alone() -> None:
    torch.manual_seed(0)
    features = torch.randn(40, 8)
    targets = (features[:, 0] > 0).long()
    taught = learner(Head(8, 2), head_rate=0.05)
    threads = torch.get_num_threads()
    with taught.threads():
        assert torch.get_num_threads() == 1
        losses = [taught.step((features,), targets, Tally()) for _ in range(40)]
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
    learner(head, weights=weights).score((features,), targets, tally)
    expected = F.cross_entropy(head(features), targets, weights)
    assert abs(tally.mean_loss - float(expected.detach())) < 1e-6
    assert tally.examples == 6


def test_a_loss_that_is_no_number_changes_nothing() -> None:
    head = Head(4, 2)
    before = {name: value.clone() for name, value in head.state_dict().items()}
    loss = learner(head).step((torch.full((3, 4), math.nan),), torch.tensor([0, 1, 0]), Tally())
    assert not math.isfinite(loss)
    assert all(torch.equal(value, before[name]) for name, value in head.state_dict().items())


def test_biases_do_not_decay() -> None:
    taught = learner(Head(4, 2, hidden=(3,)), weight_decay=0.5)
    groups = taught._optimizer.param_groups
    assert {group["weight_decay"] for group in groups} == {0.5, 0.0}
    assert all((one.ndim > 1) == (g["weight_decay"] > 0) for g in groups for one in g["params"])
