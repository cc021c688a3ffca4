"""What learns: the tail of the backbone and the head, one step at a time. It reads no pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tlcore.backbones.batchnorm import BATCH_NORMS
from tlcore.backbones.engines.precision import autocast
from tlcore.classifier.network import Head
from tlcore.training.data.mixup import Mixer
from tlcore.training.fit.optim import (
    Following,
    ParameterGroup,
    Schedule,
    make_optimizer,
    make_schedule,
)
from tlcore.training.recipe.recipe import Recipe

Memory = dict[str, dict[str, Tensor]]  # what an optimiser remembers, by parameter


@dataclass
class Tally:
    """Sums over examples, from which mean loss and accuracy follow."""

    loss: float = 0.0
    weight: float = 0.0
    right: int = 0
    examples: int = 0

    def add(self, losses: Tensor, weights: Tensor, right: int) -> None:
        self.loss += float((losses * weights).sum())
        self.weight += float(weights.sum())
        self.right += right
        self.examples += len(losses)

    @property
    def mean_loss(self) -> float:
        return self.loss / max(self.weight, 1e-12)

    @property
    def accuracy(self) -> float:
        return self.right / max(self.examples, 1)


class Learner:
    """Trains `tail` and `head` through one phase, by the recipe's optimiser and schedule.

    `groups` say what learns at which rate; `moving` whether BatchNorm statistics of the tail move.
    `share` replaces the schedule: the share of the full rates at each step (from 0).
    """

    def __init__(
        self,
        tail: nn.Module,
        head: Head,
        recipe: Recipe,
        groups: Sequence[ParameterGroup],
        *,
        steps: int,
        weights: Tensor,
        precision: str,
        moving: bool = False,
        first_step: int = 0,
        share: Callable[[int], float] | None = None,
    ):
        self.tail = tail
        self.head = head
        self.weights = weights
        self.steps = steps
        self.step_number = 0
        self.precision = precision
        self._first_step = first_step
        self._smoothing = recipe.label_smoothing
        self._head_rate, self._backbone_rate = recipe.head_rate, recipe.backbone_rate
        self._stages_learn = len(groups) > 1
        self._moving = moving
        self._pooled = isinstance(tail, nn.Identity)
        self._mixer = Mixer(recipe, len(weights), recipe.seed)
        self._groups = tuple(groups)
        self._optimizer = make_optimizer(groups, recipe)
        self._schedule: Schedule = (
            Following(self._optimizer, share)
            if share
            else make_schedule(self._optimizer, recipe, steps)
        )
        self._to_evaluation()  # a new head says it is in training, which its tail may not be yet

    def step(self, kept: tuple[Tensor, ...], targets: Tensor, tally: Tally) -> float:
        """One step on a batch of kept tensors (N, …) and targets (N,). Returns the batch's loss.

        The loss is cross-entropy weighted by label, of smoothed and mixed answers where the recipe
        says so; `tally` gets it without smoothing, as it is on validation pictures. With a loss
        that is no number, nothing is changed and that loss is returned.
        """
        self._to_training()
        self._schedule.step_update(self.step_number + 1)
        answers, weights = targets, self.weights[targets]
        if self._mixer.active:
            kept, answers = self._mixer.mix(kept, targets, self._first_step + self.step_number)
            weights = answers @ self.weights
        logits = self.logits(kept)
        losses = F.cross_entropy(logits, answers, reduction="none", label_smoothing=self._smoothing)
        loss = (losses * weights).sum() / weights.sum()
        value = float(loss.detach())
        if not math.isfinite(value):
            return value
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self.step_number += 1
        self._note(logits.detach(), answers, losses.detach(), weights, tally)
        return value

    def _note(
        self, logits: Tensor, answers: Tensor, losses: Tensor, weights: Tensor, tally: Tally
    ) -> None:
        """Add a step to the tally; of mixed answers the larger part counts as right."""
        if self._smoothing:
            losses = F.cross_entropy(logits, answers, reduction="none")
        wanted = answers.argmax(1) if answers.ndim == 2 else answers
        tally.add(losses, weights, int((logits.argmax(1) == wanted).sum()))

    @torch.no_grad()
    def score(self, kept: tuple[Tensor, ...], targets: Tensor, tally: Tally) -> None:
        """Add loss and right answers of a batch, in evaluation mode, to `tally`."""
        self._to_evaluation()
        logits = self.logits(kept)
        losses = F.cross_entropy(logits, targets, reduction="none")
        right = int((logits.argmax(1) == targets).sum())
        tally.add(losses, self.weights[targets], right)

    @torch.no_grad()
    def measure(self, batches: Iterable[tuple[Tensor, ...]], targets: Tensor | None = None) -> None:
        """Fit the head's shift and scale to the pooled features of these training pictures.

        With their `targets` (N,) a cosine head starts at the mean of each label.
        """
        self._to_evaluation()
        self.head.measure(torch.cat([self.pooled(kept) for kept in batches]), targets)

    def logits(self, kept: tuple[Tensor, ...]) -> Tensor:
        """Kept tensors (N, …) → logits (N, labels) in float32."""
        logits: Tensor = self.head(self.pooled(kept))
        return logits

    def pooled(self, kept: tuple[Tensor, ...]) -> Tensor:
        """Kept tensors (N, …) → pooled features (N, F) in float32."""
        if self._pooled:
            return kept[0].float()
        with autocast(kept[0].device, self.precision):
            pooled: Tensor = self.tail(*kept)
        return pooled.float()

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
            name: {key: value for key, value in state[one].items() if isinstance(value, Tensor)}
            for group in self._groups
            for name, one in group.parameters
            if one in state
        }

    def remember(self, memory: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Go on with what another optimiser remembered of parameters that learn here too."""
        for group in self._groups:
            for name, one in group.parameters:
                if name in memory:
                    self._optimizer.state[one] = {
                        key: _like(value, one) for key, value in memory[name].items()
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

    def _to_training(self) -> None:
        if self.head.training:
            return
        self.tail.train()
        self.head.train()
        if not self._moving:
            for module in self.tail.modules():
                if isinstance(module, BATCH_NORMS):
                    module.eval()


def _like(value: Tensor, parameter: nn.Parameter) -> Tensor:
    """A copy in the parameter's layout and on its device; single numbers stay where they are."""
    if value.shape != parameter.shape:
        return value.clone()
    return torch.empty_like(parameter, requires_grad=False).copy_(value)
