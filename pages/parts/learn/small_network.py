"""A network small enough to train while you watch: one hidden layer and a head, in numpy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class SmallNetwork:
    """`backbone` (D, F) and `offset` (F,) give features; `head` (F, K) and `bias` (K,) logits."""

    backbone: Floats
    offset: Floats
    head: Floats
    bias: Floats

    def features(self, pictures: Floats) -> Floats:
        """The features (N, F) of pictures (N, D), after a ReLU."""
        return np.maximum(pictures @ self.backbone + self.offset, 0)

    def probabilities(self, pictures: Floats) -> Floats:
        """Softmax over the labels for pictures (N, D): (N, K); every row adds up to one."""
        return _softmax(self.features(pictures) @ self.head + self.bias)

    def accuracy(self, pictures: Floats, targets: Labels) -> float:
        """Share of right predictions, 0 to 1, on pictures (N, D) with targets (N,)."""
        return float((self.probabilities(pictures).argmax(axis=1) == targets).mean())

    def loss(self, pictures: Floats, targets: Labels) -> float:
        """Mean cross-entropy in nats on pictures (N, D) with targets (N,)."""
        chosen = self.probabilities(pictures)[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(chosen, 1e-7)).mean())


@dataclass(frozen=True)
class Settings:
    """How to train: a learning rate for each part (0 freezes the backbone), epochs, batch size."""

    head_rate: float = 0.01
    backbone_rate: float = 0.01
    epochs: int = 100
    batch_size: int = 128
    weight_decay: float = 1e-3


def random_network(
    pixels: int, features: int, labels: int, random: np.random.Generator
) -> SmallNetwork:
    """An untrained network (He et al. 2015 for the backbone, zeros for the head)."""
    scale = np.sqrt(2 / pixels)
    backbone = random.normal(0, scale, (pixels, features)).astype(np.float32)
    return with_new_head(
        SmallNetwork(backbone, _zeros(features), _zeros(features, labels), _zeros(labels)), labels
    )


def with_new_head(network: SmallNetwork, labels: int) -> SmallNetwork:
    """The same backbone under a head of zeros: this is the graft."""
    features = network.backbone.shape[1]
    return replace(network, head=_zeros(features, labels), bias=_zeros(labels))


def train(
    network: SmallNetwork,
    pictures: Floats,
    targets: Labels,
    random: np.random.Generator,
    settings: Settings | None = None,
    after_epoch: Callable[[SmallNetwork], None] | None = None,
) -> SmallNetwork:
    """Adam (Kingma and Ba 2015) on cross-entropy, on pictures (N, D) with targets (N,).

    Returns a new network; the given one stays as it is.
    """
    chosen = settings or Settings()
    parts = [part.copy() for part in _parts(network)]
    rates = (chosen.backbone_rate, chosen.backbone_rate, chosen.head_rate, chosen.head_rate)
    first = [np.zeros_like(part) for part in parts]
    second = [np.zeros_like(part) for part in parts]
    step = 0
    for _ in range(chosen.epochs):
        for batch in _batches(len(targets), chosen.batch_size, random):
            step += 1
            gradients = _gradients(
                parts, pictures[batch], targets[batch], chosen.weight_decay, rates[0] > 0
            )
            for index, gradient in enumerate(gradients):
                if gradient is None:
                    continue
                first[index] += 0.1 * (gradient - first[index])
                second[index] += 0.01 * (gradient**2 - second[index])
                mean = first[index] / (1 - 0.9**step)
                spread = second[index] / (1 - 0.99**step)
                parts[index] -= rates[index] * mean / (np.sqrt(spread) + 1e-8)
        if after_epoch is not None:
            after_epoch(SmallNetwork(*parts))
    return SmallNetwork(*parts)


def _gradients(
    parts: list[Floats], pictures: Floats, targets: Labels, decay: float, backbone_learns: bool
) -> tuple[Floats | None, Floats | None, Floats, Floats]:
    """Back-propagation: the gradient for each part; None for a frozen backbone."""
    backbone, offset, head, bias = parts
    features = np.maximum(pictures @ backbone + offset, 0)
    wrong = _softmax(features @ head + bias)
    wrong[np.arange(len(targets)), targets] -= 1
    wrong /= len(targets)
    for_head = features.T @ wrong + decay * head
    for_bias = wrong.sum(axis=0)
    if not backbone_learns:
        return None, None, for_head, for_bias
    back = (wrong @ head.T) * (features > 0)
    return pictures.T @ back, back.sum(axis=0), for_head, for_bias


def _batches(count: int, size: int, random: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    order = random.permutation(count)
    for start in range(0, count, size):
        yield order[start : start + size]


def _parts(network: SmallNetwork) -> tuple[Floats, Floats, Floats, Floats]:
    return network.backbone, network.offset, network.head, network.bias


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _zeros(*shape: int) -> Floats:
    return np.zeros(shape, np.float32)
