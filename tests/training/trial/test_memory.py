"""Bytes of a step and of a forward pass, against what can be counted by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from tlcore.classifier.network import Head, Network
from tlcore.training.fit.learner import Learner
from tlcore.training.fit.objective import Batch, objective_of
from tlcore.training.fit.optim import ParameterGroup
from tlcore.training.inputs.input_source import MOST_MEMORY
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.trial.memory import (
    FORWARD_BATCH,
    forward_bytes,
    held_bytes,
    learning_bytes,
    step_bytes,
)

BATCH, SIDE = 6, 16


def test_a_step_holds_what_the_backward_pass_needs() -> None:
    """A convolution and a ReLU hold maps of known size; twice the batch holds twice as much."""
    held = [_step(batch) for batch in (BATCH, 2 * BATCH)]
    one_map = 4 * 8 * SIDE * SIDE  # bytes of 8 channels for one picture
    pictures = 4 * 3 * SIDE * SIDE
    assert BATCH * (pictures + one_map) <= held[0] <= BATCH * (pictures + 3 * one_map) + 20_000
    assert 1.9 * held[0] < held[1] < 2.1 * held[0]


def _step(batch: int) -> int:
    tail = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    )
    head = Head(8, 2)
    groups = [
        ParameterGroup.of("head", 1e-3, head.named_parameters()),
        ParameterGroup.of("backbone", 1e-3, tail.named_parameters()),
    ]
    recipe = Recipe(backbone="x")
    objective = objective_of(recipe, torch.ones(2))
    learner = Learner(tail, head, objective, recipe, groups, steps=9, precision="float32")
    targets = torch.arange(batch) % 2
    return step_bytes(learner, Batch((torch.rand(batch, 3, SIDE, SIDE),), targets))


def test_a_forward_pass_holds_the_largest_layers_input_and_output() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(4), nn.Conv2d(8, 16, 1))
    largest = 4 * FORWARD_BATCH * SIDE * SIDE * (3 + 8)
    module.train()
    assert forward_bytes(module, (3, SIDE, SIDE)) == largest
    assert module.training and not module[0]._forward_hooks


def test_what_learns_counts_with_all_that_follows_it() -> None:
    backbone: Any = nn.Linear(10, 4)
    network = Network(backbone, Head(4, 2))
    for parameter in backbone.parameters():
        parameter.requires_grad_(False)
    own = 4 * (4 * 2 + 2)
    recipe = Recipe.read({"backbone": "x"})
    assert learning_bytes(network, recipe) == 5 * own
    assert learning_bytes(network, recipe.with_changes(optimizer="sgd")) == 4 * own
    assert learning_bytes(network, recipe.with_changes(average=False)) == 4 * own


def test_what_is_held_is_bounded() -> None:
    assert held_bytes(1000, pooled=True) == 2000
    assert held_bytes(1000, pooled=False) == 1000
    assert held_bytes(10**12, pooled=False) == MOST_MEMORY
