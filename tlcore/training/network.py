"""The new head, and the whole network: backbone and head in one module."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Head(nn.Module):
    """New layers on pooled features: (N, features) → logits (N, labels).

    Features are first shifted and scaled by fixed numbers, measured once on the training pictures
    (`measure`), so that one learning rate suits every backbone. They are part of the head's
    weights and do not learn.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, features: int, labels: int, *, hidden: int = 0, dropout: float = 0.0):
        super().__init__()
        self.register_buffer("shift", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(features, hidden) if hidden else None
        self.linear = nn.Linear(hidden or features, labels)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, features: Tensor) -> Tensor:
        x = self.dropout((features - self.shift) * self.scale)
        if self.hidden is not None:
            x = self.dropout(torch.relu(self.hidden(x)))
        logits: Tensor = self.linear(x)
        return logits

    @torch.no_grad()
    def measure(self, features: Tensor) -> None:
        """Set shift and scale from training features (N, features): mean 0, variance about 1.

        A feature that hardly varies is not blown up: its deviation is floored at a tenth of the
        usual one.
        """
        features = features.float()
        deviation = features.std(dim=0, correction=0)
        usual = deviation.mean().clamp_min(1e-6)
        self.shift.copy_(features.mean(dim=0))
        self.scale.copy_(1 / deviation.clamp_min(0.1 * float(usual)))


class Network(nn.Module):
    """A backbone that gives pooled features (N, F), and a head: pictures (N, 3, H, W) → logits."""

    def __init__(self, backbone: nn.Module, head: Head):
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, pictures: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(pictures).float())
        return logits


def count_parameters(network: nn.Module) -> tuple[int, int]:
    """(learning, frozen) parameters as `requires_grad` stands now."""
    learning = sum(p.numel() for p in network.parameters() if p.requires_grad)
    frozen = sum(p.numel() for p in network.parameters() if not p.requires_grad)
    return learning, frozen


def label_weights(targets: Sequence[int], labels: int) -> Tensor:
    """Weights (labels,) that give every label the same say however many pictures it has.

    N / (labels · count), as scikit-learn's "balanced"; labels without pictures weigh nothing.
    """
    counts = torch.bincount(torch.tensor(targets, dtype=torch.long), minlength=labels).float()
    return torch.where(counts > 0, len(targets) / (labels * counts.clamp_min(1)), 0.0)
