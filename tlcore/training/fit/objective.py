"""What a training makes small: an `Objective` turns a batch into a loss and its named parts.

A further way to learn (unlabelled pictures of another place, several questions for a picture) is a
further objective here. Loop, learner and checkpoints know none of them by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tlcore.training.data.mixup import Mixer
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

Kept = tuple[Tensor, ...]


class LearningPart(Protocol):
    """The part of a network that learns, as an objective sees it."""

    def features(self, kept: Kept) -> Tensor:
        """What enters the tail, tensors (N, …) → pooled features (N, F) in float32."""
        ...

    def logits(self, features: Tensor) -> Tensor:
        """Pooled features (N, F) → logits (N, labels) in float32."""
        ...


@dataclass(frozen=True)
class Batch:
    """Examples of one step: what enters the tail, tensors (N, …), and their targets.

    `targets` are indices of labels (N,), or one column a question (N, questions). `others` holds
    what enters the tail, (M, …), for each further split that the objective wants.
    """

    kept: Kept
    targets: Tensor
    others: Mapping[Split, Kept] = field(default_factory=dict)


@dataclass
class Tally:
    """Sums over examples, from which mean loss and accuracy follow."""

    loss: float = 0.0
    weight: float = 0.0
    right: int = 0
    examples: int = 0

    def add(self, other: Tally) -> None:
        """Count the examples of another tally too."""
        self.loss += other.loss
        self.weight += other.weight
        self.right += other.right
        self.examples += other.examples

    @property
    def mean_loss(self) -> float:
        """Weighted by example; 0 without any."""
        return self.loss / max(self.weight, 1e-12)

    @property
    def accuracy(self) -> float:
        """The share of right predictions, 0–1."""
        return self.right / max(self.examples, 1)


@dataclass(frozen=True)
class Loss:
    """The loss of a batch as named parts, scalars whose sum is made small.

    `tally` counts the batch's examples as validation counts them, so that the curves of training
    and validation can be compared. It is called after the step, and only if the loss is a number.
    """

    parts: Mapping[str, Tensor]
    tally: Callable[[], Tally]

    @property
    def total(self) -> Tensor:
        """The sum of all parts: a scalar."""
        return torch.stack(tuple(self.parts.values())).sum()


class Objective(nn.Module, ABC):
    """Turns batches into losses. What of it learns, and must survive a pause, is its module state.

    `splits`: further splits of which every step gets a batch, as `Batch.others`.
    """

    splits: tuple[Split, ...] = ()

    @abstractmethod
    def loss(self, part: LearningPart, batch: Batch, step: int) -> Loss:
        """The loss of a batch in training mode, at this step of the whole training (from 0).

        What it draws by chance follows from the step alone, so that a training can be resumed.
        """

    @abstractmethod
    def score(self, part: LearningPart, batch: Batch) -> Tally:
        """What a batch counts in evaluation mode; called without gradients."""


class CrossEntropy(Objective):
    """Cross-entropy of one question: weighted by label, with smoothed and mixed targets.

    `label_weights` (labels,) says what an example of each label counts; `smoothing` is the share
    of every target that is spread over all labels (Szegedy et al. 2016); `mixer` blends pictures.
    """

    label_weights: Tensor

    def __init__(self, label_weights: Tensor, smoothing: float, mixer: Mixer):
        super().__init__()
        self.register_buffer("label_weights", label_weights, persistent=False)
        self.smoothing = smoothing
        self.mixer = mixer

    def loss(self, part: LearningPart, batch: Batch, step: int) -> Loss:
        """Its only part is `cross_entropy`; the tally is without smoothing."""
        kept, targets, weights = batch.kept, batch.targets, self.label_weights[batch.targets]
        if self.mixer.active:
            kept, targets = self.mixer.mix(batch.kept, batch.targets, step)
            weights = targets @ self.label_weights
        logits = part.logits(part.features(kept))
        losses = F.cross_entropy(logits, targets, reduction="none", label_smoothing=self.smoothing)
        mean = (losses * weights).sum() / weights.sum()

        def tally() -> Tally:
            return self._tally(logits.detach(), targets, weights)

        return Loss({"cross_entropy": mean}, tally)

    def score(self, part: LearningPart, batch: Batch) -> Tally:
        """Without smoothing and mixing."""
        logits = part.logits(part.features(batch.kept))
        return self._tally(logits, batch.targets, self.label_weights[batch.targets])

    def _tally(self, logits: Tensor, targets: Tensor, weights: Tensor) -> Tally:
        """Of logits (N, labels); of mixed targets (N, labels) the larger part counts as right."""
        losses = F.cross_entropy(logits, targets, reduction="none")
        wanted = targets.argmax(1) if targets.ndim == 2 else targets
        right = int((logits.argmax(1) == wanted).sum())
        return Tally(float((losses * weights).sum()), float(weights.sum()), right, len(losses))


def objective_of(recipe: Recipe, label_weights: Tensor) -> Objective:
    """The objective of a recipe, on the device of the label weights (labels,)."""
    mixer = Mixer(recipe.mixup, recipe.cutmix, labels=len(label_weights), seed=recipe.seed)
    return CrossEntropy(label_weights, recipe.label_smoothing, mixer)
