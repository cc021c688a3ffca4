"""Optimiser and schedule of one phase, both timm's, with a rate of its own for every stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler, StepLRScheduler
from torch import nn

from tlcore.training.recipe.recipe import Recipe

MOMENTUM = 0.9


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that learn at one rate: the head, or a stage. Each has a name of its own.

    Those named in `spared` never decay.
    """

    name: str
    rate: float
    parameters: tuple[tuple[str, nn.Parameter], ...]
    spared: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        name: str,
        rate: float,
        parameters: Iterable[tuple[str, nn.Parameter]],
        spared: Iterable[str] = (),
    ) -> ParameterGroup:
        """Those of `parameters` that may learn."""
        learning = tuple(pair for pair in parameters if pair[1].requires_grad)
        return cls(name, rate, learning, frozenset(spared))

    def decaying(self, decayed: bool) -> list[nn.Parameter]:
        """Those that decay, or those that do not: biases, norms, single numbers, the spared."""
        return [
            parameter
            for name, parameter in self.parameters
            if (parameter.ndim > 1 and name not in self.spared) == decayed
        ]


class Schedule(Protocol):
    """Sets the rates of an optimiser before each step, counted from 1."""

    def step_update(self, num_updates: int) -> None: ...


def make_optimizer(groups: Sequence[ParameterGroup], recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019) or SGD with Nesterov momentum, made by timm.

    Biases, norms and single numbers do not decay, nor what its group spares.
    """
    made = []
    for group in groups:
        for decayed in (True, False):
            if chosen := group.decaying(decayed):
                decay = recipe.weight_decay if decayed else 0.0
                settings = {"lr": group.rate, "initial_lr": group.rate, "weight_decay": decay}
                made.append({"name": group.name, "params": chosen, **settings})
    optimizer: torch.optim.Optimizer = create_optimizer_v2(
        made, opt=recipe.optimizer, lr=recipe.head_rate, momentum=MOMENTUM
    )
    return optimizer


def make_schedule(optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int) -> Schedule:
    """Rises evenly over the first `warm_up` share of the steps, then falls as a cosine or stays.

    Rates are above zero at every step from 1 to `steps`.
    """
    rising = min(steps - 1, max(1, round(recipe.warm_up * steps))) if recipe.warm_up else 0
    shared = {
        "warmup_t": rising,
        "warmup_lr_init": 0.0,
        "warmup_prefix": True,
        "t_in_epochs": False,
    }
    made: Schedule
    if recipe.schedule == "cosine":
        made = CosineLRScheduler(optimizer, t_initial=steps - rising + 1, lr_min=0.0, **shared)
    else:
        made = StepLRScheduler(optimizer, decay_t=steps + 1, decay_rate=1.0, **shared)
    return made


class Following:
    """A schedule of the caller's own: `share` gives the share of the full rates by step, from 0."""

    def __init__(self, optimizer: torch.optim.Optimizer, share: Callable[[int], float]):
        self.optimizer = optimizer
        self.share = share

    def step_update(self, num_updates: int) -> None:
        share = self.share(num_updates - 1)
        for group in self.optimizer.param_groups:
            group["lr"] = share * group["initial_lr"]
