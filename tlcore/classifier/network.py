"""The new head, and the whole network: backbone and head in one module."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

COSINE_SCALE = 10.0


class Cosine(nn.Module):
    """How far features point in the direction of each label: (N, F) → logits (N, labels).

    Features and weights are normalised, and a learned `scale` bounds the logits (Gidaris &
    Komodakis 2018; Chen et al. 2019). A label with few pictures then cannot win by long weights.
    """

    def __init__(self, features: int, labels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(labels, features) / math.sqrt(features))
        self.scale = nn.Parameter(torch.tensor(COSINE_SCALE))

    def forward(self, features: Tensor) -> Tensor:
        x, weight = F.normalize(features, dim=1), F.normalize(self.weight, dim=1)
        return self.scale * F.linear(x, weight)

    @torch.no_grad()
    def imprint(self, features: Tensor, targets: Tensor) -> None:
        """Start each label at the mean direction of its features (N, F) (Qi et al. 2018).

        `targets` (N,) are label numbers; a label without features stays as it is.
        """
        directions = F.normalize(features, dim=1)
        for label in sorted(set(targets.tolist())):
            mean = directions[targets == label].mean(dim=0)
            if float(mean.norm()) > 0:
                self.weight[label] = F.normalize(mean, dim=0)


class Head(nn.Module):
    """New layers on pooled features: (N, features) → logits (N, labels).

    Features are first shifted and scaled by fixed numbers, measured once on the training pictures
    (`measure`), so that one learning rate suits every backbone. They are part of the head's
    weights and do not learn. Then come up to two `hidden` layers, and a "linear" or a "cosine" one.
    """

    shift: Tensor
    scale: Tensor

    def __init__(
        self,
        features: int,
        labels: int,
        *,
        hidden: Sequence[int] = (),
        dropout: float = 0.0,
        kind: str = "linear",
    ):
        super().__init__()
        if len(hidden) > 2:
            raise ValueError(f"{len(hidden)} hidden layers; at most two")
        self.register_buffer("shift", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.dropout = nn.Dropout(dropout)
        widths = (features, *hidden)
        # Stored weights carry this name from the time when there was only one hidden layer.
        self.hidden = nn.Linear(features, hidden[0]) if hidden else None
        self.second = nn.Linear(hidden[0], hidden[1]) if len(hidden) == 2 else None
        self.linear: nn.Linear | Cosine
        if kind == "cosine":
            self.linear = Cosine(widths[-1], labels)
        else:
            self.linear = nn.Linear(widths[-1], labels)
            nn.init.zeros_(self.linear.weight)
            nn.init.zeros_(self.linear.bias)

    def forward(self, features: Tensor) -> Tensor:
        x = self.dropout((features - self.shift) * self.scale)
        for layer in (self.hidden, self.second):
            if layer is not None:
                x = self.dropout(torch.relu(layer(x)))
        logits: Tensor = self.linear(x)
        return logits

    @torch.no_grad()
    def measure(self, features: Tensor, targets: Tensor | None = None) -> None:
        """Set shift and scale from training features (N, features): mean 0, variance about 1.

        A feature that hardly varies is not blown up: its deviation counts as a tenth of the mean
        one at least. With `targets` (N,), a cosine layer without hidden layers below it starts at
        the mean of each label.
        """
        features = features.float()
        deviation = features.std(dim=0, correction=0)
        mean_deviation = deviation.mean().clamp_min(1e-6)
        self.shift.copy_(features.mean(dim=0))
        self.scale.copy_(1 / deviation.clamp_min(0.1 * float(mean_deviation)))
        if targets is not None and isinstance(self.linear, Cosine) and self.hidden is None:
            self.linear.imprint((features - self.shift) * self.scale, targets)


class Network(nn.Module):
    """A backbone that gives pooled features (N, F), and a head on it.

    Normalised pictures (N, 3, H, W) → logits (N, labels), float32.
    """

    def __init__(self, backbone: nn.Module, head: Head):
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(pictures).float())
        return logits


def count_parameters(network: nn.Module) -> tuple[int, int]:
    """(learning, frozen) numbers of parameters, as `requires_grad` stands now."""
    learning = sum(p.numel() for p in network.parameters() if p.requires_grad)
    frozen = sum(p.numel() for p in network.parameters() if not p.requires_grad)
    return learning, frozen


def label_weights(targets: Sequence[int], labels: int) -> Tensor:
    """Loss weights (labels,) by which every label counts the same, however many pictures it has.

    N / (labels · count), as scikit-learn's "balanced"; a label without pictures gets 0.
    """
    counts = torch.bincount(torch.tensor(targets, dtype=torch.long), minlength=labels).float()
    return torch.where(counts > 0, len(targets) / (labels * counts.clamp_min(1)), 0.0)
