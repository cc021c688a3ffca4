"""The network that learns: a timm backbone, and linear maps from its features to each teacher's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from pretraining.teachers import Targets


class Student(nn.Module):
    """A backbone and its heads; the heads are thrown away when the training is over."""

    def __init__(
        self,
        architecture: str,
        classes: int,
        teachers: Mapping[str, Targets],
        model_args: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.backbone = timm.create_model(architecture, num_classes=0, **(model_args or {}))
        self.width = feature_width(self.backbone)
        self.labels = nn.Linear(self.width, classes) if classes else None
        self.feature_heads = nn.ModuleDict()
        self.logit_heads = nn.ModuleDict()
        for name, targets in teachers.items():
            self.feature_heads[name] = _FeatureHead(self.width, targets)
            if targets.logits is not None:
                self.logit_heads[name] = nn.Linear(self.width, targets.logits.shape[1])

    def forward(self, x: Tensor) -> Tensor:
        """Pooled features (N, F) of normalised pictures (N, 3, H, W)."""
        features: Tensor = self.backbone(x)
        return features


class _FeatureHead(nn.Module):
    """Features of the student to the standardised features of one teacher."""

    mean: Tensor
    std: Tensor

    def __init__(self, width: int, targets: Targets) -> None:
        super().__init__()
        rows = torch.from_numpy(np.array(targets.features[:20_000])).float()
        rows = rows[rows.abs().sum(1) > 0]  # rows that the teacher has not reached are zero
        self.register_buffer("mean", rows.mean(0))
        self.register_buffer("std", rows.std(0) + 0.05 * rows.std(0).mean())
        self.linear = nn.Linear(width, rows.shape[1])

    def forward(self, features: Tensor, target: Tensor) -> Tensor:
        """Mean squared error of features (N, F) to the standardised target (N, T)."""
        standardised = (target.float() - self.mean) / self.std
        return functional.mse_loss(self.linear(features).float(), standardised)


def feature_width(backbone: nn.Module) -> int:
    """The number of pooled features, measured: some networks widen them after pooling."""
    was_training = backbone.training
    with torch.no_grad():
        device = next(backbone.parameters()).device
        width = int(backbone.eval()(torch.zeros(1, 3, 64, 64, device=device)).shape[1])
    backbone.train(was_training)
    return width


def soft_loss(logits: Tensor, target: Tensor, temperature: float) -> Tensor:
    """Kullback-Leibler divergence of logits (N, C) to a teacher's (Hinton et al. 2015)."""
    theirs = (target.float() / temperature).softmax(1)
    ours = (logits.float() / temperature).log_softmax(1)
    return functional.kl_div(ours, theirs, reduction="batchmean") * temperature**2


class Average:
    """A running mean of the weights, which is what is kept in the end."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay, self.updates = decay, 0
        self.state = {k: v.detach().clone() for k, v in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards the present weights; faster at the start, when they are still poor."""
        self.updates += 1
        share = 1 - min(self.decay, (1 + self.updates) / (10 + self.updates))
        present = module.state_dict()
        floats = [k for k, v in self.state.items() if v.is_floating_point()]
        torch._foreach_lerp_([self.state[k] for k in floats], [present[k] for k in floats], share)
        for k in self.state.keys() - set(floats):
            self.state[k].copy_(present[k])


def start_from(backbone: nn.Module, file: Path) -> None:
    """Begin with the weights of an earlier training of the same architecture."""
    backbone.load_state_dict({k: v.float() for k, v in load_file(file).items()})


def save_backbone(state: Mapping[str, Tensor], file: Path) -> None:
    """Write a backbone's state in half precision (counters stay integers)."""
    half = {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in state.items()}
    save_file(half, file)
