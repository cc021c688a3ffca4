"""What learns: the tail of the backbone and the head, one step at a time. It reads no pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from tlcore.backbones.batchnorm import BATCH_NORMS
from tlcore.backbones.engines.precision import autocast
from tlcore.classifier.network import Head
from tlcore.training.fit.objective import Batch, Kept, Objective, Tally
from tlcore.training.fit.optim import (
    Following,
    ParameterGroup,
    Schedule,
    make_optimizer,
    make_schedule,
)
from tlcore.training.recipe.recipe import Recipe

Memory = dict[str, dict[str, Tensor]]  # what an optimiser remembers, by parameter


class Learner:
    """Trains `tail` and `head` through one phase, by the recipe's optimiser and schedule.

    It makes the `objective` small, and is the part that learns for it. `groups` say what learns at
    which rate, the head first; `moving` whether BatchNorm statistics of the tail move. `share`
    replaces the schedule: the share of the full rates at each step (from 0).
    """

    def __init__(
        self,
        tail: nn.Module,
        head: Head,
        objective: Objective,
        recipe: Recipe,
        groups: Sequence[ParameterGroup],
        *,
        steps: int,
        precision: str,
        moving: bool = False,
        first_step: int = 0,
        share: Callable[[int], float] | None = None,
    ):
        self.tail = tail
        self.head = head
        self.objective = objective
        self.steps = steps
        self.step_number = 0
        self.precision = precision
        self._first_step = first_step
        self._head_rate, self._backbone_rate = recipe.head_rate, recipe.backbone_rate
        self._stages_learn = len(groups) > 1
        self._moving = moving
        self._pooled = isinstance(tail, nn.Identity)
        self._groups = (*groups, *_own_group(objective, recipe.head_rate))
        self._optimizer = make_optimizer(self._groups, recipe)
        self._schedule: Schedule = (
            Following(self._optimizer, share)
            if share
            else make_schedule(self._optimizer, recipe, steps)
        )
        self._to_evaluation()  # a new head says it is in training, which its tail may not be yet

    def step(self, batch: Batch, tally: Tally) -> float:
        """One step on a batch. Returns its loss, and counts its examples in `tally`.

        With a loss that is no number, nothing is changed and that loss is returned.
        """
        self._to_training()
        self._schedule.step_update(self.step_number + 1)
        loss = self.objective.loss(self, batch, self._first_step + self.step_number)
        total = loss.total
        value = float(total.detach())
        if not math.isfinite(value):
            return value
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self.step_number += 1
        tally.add(loss.tally())
        return value

    @torch.no_grad()
    def score(self, batch: Batch, tally: Tally) -> None:
        """Count a batch in `tally`, in evaluation mode."""
        self._to_evaluation()
        tally.add(self.objective.score(self, batch))

    @torch.no_grad()
    def measure(self, batches: Iterable[Kept], targets: Tensor | None = None) -> None:
        """Fit the head's shift and scale to the pooled features of these training pictures.

        `batches` hold tensors (B, …). With the pictures' `targets` (N,) a cosine head starts at the
        mean of each label.
        """
        self._to_evaluation()
        self.head.measure(torch.cat([self.features(kept) for kept in batches]), targets)

    def features(self, kept: Kept) -> Tensor:
        """What enters the tail, tensors (N, …) → pooled features (N, F) in float32."""
        if self._pooled:
            return kept[0].float()
        with autocast(kept[0].device, self.precision):
            pooled: Tensor = self.tail(*kept)
        return pooled.float()

    def logits(self, features: Tensor) -> Tensor:
        """Pooled features (N, F) → logits (N, labels) in float32."""
        logits: Tensor = self.head(features)
        return logits

    @property
    def rate(self) -> float:
        """The head's learning rate at the last step."""
        return float(self._optimizer.param_groups[0]["lr"])

    @property
    def rates_set(self) -> dict[str, float]:
        """The recipe's rates of what learns here, by the names of the settings that hold them."""
        stages = {"the last stage": self._backbone_rate} if self._stages_learn else {}
        return {"the head": self._head_rate, **stages}

    @property
    def memory(self) -> Memory:
        """What the optimiser remembers of each parameter (moments, momentum, steps), by name."""
        state = self._optimizer.state
        return {
            name: {key: value for key, value in state[parameter].items()
                   if isinstance(value, Tensor)}
            for group in self._groups
            for name, parameter in group.parameters
            if parameter in state
        }  # fmt: skip

    def remember(self, memory: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Go on with what another optimiser remembered of parameters that learn here too."""
        for group in self._groups:
            for name, parameter in group.parameters:
                if name in memory:
                    self._optimizer.state[parameter] = {
                        key: _like(value, parameter) for key, value in memory[name].items()
                    }

    @contextmanager
    def threads(self) -> Iterator[None]:
        """As many threads as this work is worth. A head alone is too small to be shared.

        Measured with 245 pictures on two busy cores: 16 ms an epoch instead of 300.
        """
        before = torch.get_num_threads()
        if self._pooled:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if self._pooled:
                torch.set_num_threads(before)

    def _to_evaluation(self) -> None:
        self.tail.eval()
        self.head.eval()
        self.objective.eval()

    def _to_training(self) -> None:
        if self.head.training:
            return
        self.tail.train()
        self.head.train()
        self.objective.train()
        if not self._moving:
            for module in self.tail.modules():
                if isinstance(module, BATCH_NORMS):
                    module.eval()


def _own_group(objective: Objective, rate: float) -> tuple[ParameterGroup, ...]:
    """What of the objective itself learns, if anything does, at the head's rate."""
    named = [(f"objective.{name}", value) for name, value in objective.named_parameters()]
    return (ParameterGroup.of("objective", rate, named),) if named else ()


def _like(value: Tensor, parameter: nn.Parameter) -> Tensor:
    """A copy in the parameter's layout and on its device; single numbers stay where they are."""
    if value.shape != parameter.shape:
        return value.clone()
    return torch.empty_like(parameter, requires_grad=False).copy_(value)
