"""A student that learns block by block from a teacher that looks at the very same pixels.

Every block of the student learns the map (N, C, H, W) that the teacher's block gives, not only
what pooling leaves of it: hundreds of targets for each picture instead of one (FitNets, Romero et
al. 2015; Wang et al. 2018, "Progressive blockwise knowledge distillation"). Where both have blocks
of the same shape, a block at first gets the teacher's map as its input and not that of the
student's own earlier blocks ("forcing"), so that late blocks need not wait for early ones; forcing
ends in the course of the training. No weight comes from the teacher.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pretraining.live_teacher import BlockOutputs, LiveTeacher, Maps, blocks_of
from pretraining.student import feature_width, soft_loss

FLOOR = 0.05  # of the mean deviation is added to each, so that a silent channel counts little


@dataclass(frozen=True)
class LateSteps:
    """A `share` of the steps in which only the blocks from `first` on (start of a path) learn.

    Late maps are small: a picture holds few examples for late blocks and many for early ones, while
    the early ones take the time.
    """

    first: str
    share: float


class BlockStudent(nn.Module):
    """A backbone, and for every block an adapter from its map to the teacher's.

    `pictures` are normalised ones (N, 3, H, W) on which the deviations of the teacher's maps are
    measured. Forcing ends at the share `force_until` of the training.
    """

    def __init__(
        self,
        backbone: nn.Module,
        teacher: LiveTeacher,
        pictures: Tensor,
        force_until: float,
        late: LateSteps | None = None,
    ) -> None:
        super().__init__()
        self.backbone: Any = backbone  # timm's methods are not those of nn.Module
        self.force_until = force_until
        self.width = feature_width(backbone)
        self.labels = None
        self.teacher = [teacher]  # in a list: no part of the student, nor of its checkpoint
        targets = teacher(pictures)
        with torch.no_grad():
            self.pairs = self._pairs(targets, pictures)
            paths = [path for _, path in self.pairs]
            maps = BlockOutputs(backbone, paths).eval()(pictures)
        numbers = [number for number, _ in self.pairs] + [len(targets) - 3, len(targets) - 2]
        compared = [targets[number] for number in numbers]
        self.scales = nn.ModuleList(_Scale(target) for target in compared)
        self.adapters = nn.ModuleList(
            nn.Identity() if ours.shape == target.shape else _adapter(ours, target)
            for ours, target in zip(maps, compared, strict=False)
        )
        self.twin = all(isinstance(adapter, nn.Identity) for adapter in self.adapters)
        if self.twin:
            self._initialise()
        starts = [path for _, path in self.pairs[1:] if late and path.startswith(late.first)]
        self.late = late if starts and self.twin and hasattr(backbone, "conv_head") else None

    def _pairs(self, targets: Maps, pictures: Tensor) -> list[tuple[int, str]]:
        """(number of the teacher's map, path of the student's block) of each pair."""
        teacher = self.teacher[0]
        ours = blocks_of(self.backbone)
        if ours == teacher.paths:
            return list(enumerate(ours))
        maps = BlockOutputs(self.backbone, ours).eval()(pictures)
        last_of: dict[torch.Size, str] = {maps[i].shape[2:]: path for i, path in enumerate(ours)}
        theirs = {targets[i].shape[2:]: i for i in range(len(teacher.paths))}
        return [(theirs[size], path) for size, path in last_of.items() if size in theirs]

    def _initialise(self) -> None:
        """Start every block's last BatchNorm with half the deviations of the teacher's map."""
        for place, (_, path) in enumerate(self.pairs):
            scale = self._scale(place)
            norms = [
                module
                for module in self.backbone.get_submodule(path).modules()
                if isinstance(module, nn.BatchNorm2d)
            ]
            if norms and norms[-1].num_features == scale.std.numel():
                with torch.no_grad():
                    norms[-1].weight.copy_(0.5 * scale.std.flatten())

    def forward(self, x: Tensor) -> Tensor:
        """Pooled features (N, F) of normalised pictures (N, 3, H, W)."""
        features: Tensor = self.backbone(x)
        return features

    def loss(
        self, pictures: Tensor, share: float, soft_weight: float, temperature: float
    ) -> tuple[Tensor, dict[str, float]]:
        """The weighted sum of the losses of a batch, and its parts by name.

        `pictures` are normalised (N, 3, H, W). `share` of the training is over; the probability
        of forcing falls to 0 at `force_until`.
        """
        targets = self.teacher[0](pictures)
        probability = (
            max(0.0, 1 - share / self.force_until) if self.twin and self.force_until else 0.0
        )
        errors: list[Tensor] = []
        late = self.late if self.late and torch.rand(()).item() < self.late.share else None
        with self._compared(targets, errors, probability):
            last = (
                self._late_forward(late.first, targets)
                if late
                else self.backbone.forward_features(pictures)
            )
        pooled = self.backbone.forward_head(last, pre_logits=True)
        parts = {
            "blocks": torch.stack(errors).mean(),
            "last": self._error(-2, last, targets[-3]),
            "features": self._error(-1, pooled, targets[-2]),
        }
        weights = {"blocks": 2.0, "last": 1.0, "features": 1.0, "soft": soft_weight}
        if (classifier := self.teacher[0].classifier) is not None:
            logits = classifier(self._adapted(-1, pooled))
            parts["soft"] = soft_loss(logits, targets[-1], temperature)
        total = sum((weights[name] * part for name, part in parts.items()), torch.zeros(()))
        return total, {name: part.item() for name, part in parts.items()}

    def _late_forward(self, first: str, targets: Maps) -> Tensor:
        """The last map (N, C, H, W) of the blocks from `first` on, given the teacher's map."""
        paths = [path for _, path in self.pairs]
        place = next(place for place, path in enumerate(paths) if path.startswith(first))
        x = targets[self.pairs[place - 1][0]]
        for path in paths[place:]:
            x = self.backbone.get_submodule(path)(x)
        last: Tensor = self.backbone.bn2(self.backbone.conv_head(x))
        return last

    def _adapted(self, place: int, ours: Tensor) -> Tensor:
        """The student's map in the teacher's shape and units."""
        adapter, scale = self.adapters[place], self._scale(place)
        if isinstance(adapter, nn.Identity):
            return ours
        adapted: Tensor = adapter(ours) * scale.std + scale.mean
        return adapted

    def _scale(self, place: int) -> _Scale:
        scale = self.scales[place]
        assert isinstance(scale, _Scale)
        return scale

    def _error(self, place: int, ours: Tensor, theirs: Tensor) -> Tensor:
        """Mean squared error of two standardised maps (N, C, H, W) or features (N, F)."""
        scale = self._scale(place)
        return functional.mse_loss(scale(self._adapted(place, ours).float()), scale(theirs.float()))

    @contextmanager
    def _compared(self, targets: Maps, errors: list[Tensor], probability: float) -> Iterator[None]:
        """Inside it, every block's map is compared and, with this probability, replaced."""

        def hook(place: int) -> Any:
            def after(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
                theirs = targets[self.pairs[place][0]]
                errors.append(self._error(place, output, theirs))
                return theirs if probability and torch.rand(()).item() < probability else output

            return after

        hooks = [
            self.backbone.get_submodule(path).register_forward_hook(hook(place))
            for place, (_, path) in enumerate(self.pairs)
        ]
        try:
            yield
        finally:
            for handle in hooks:
                handle.remove()

    def explained(self, pictures: Tensor) -> float:
        """The share of the variance of the teacher's features that is explained.

        `pictures` are normalised (N, 3, H, W).
        """
        with torch.inference_mode():
            theirs = self.teacher[0](pictures)[-2].float()
            ours = self._adapted(-1, self.backbone(pictures).float())
        spread = (theirs - theirs.mean(0)).square().sum()
        return float(1 - (theirs - ours).square().sum() / spread)


def _adapter(ours: Tensor, target: Tensor) -> nn.Module:
    """A linear map over channels: maps (N, C, H, W) or features (N, F) to those of the teacher."""
    if ours.ndim == 4:
        return nn.Conv2d(ours.shape[1], target.shape[1], 1)
    return nn.Linear(ours.shape[1], target.shape[1])


class _Scale(nn.Module):
    """Standardises a teacher's map, channel by channel."""

    mean: Tensor
    std: Tensor

    def __init__(self, target: Tensor) -> None:
        super().__init__()
        over = (0, 2, 3) if target.ndim == 4 else (0,)
        std = target.float().std(over, keepdim=True)
        self.register_buffer("mean", target.float().mean(over, keepdim=True))
        self.register_buffer("std", std + FLOOR * std.mean())

    def forward(self, values: Tensor) -> Tensor:
        """`values` less their mean, in deviations."""
        return (values - self.mean) / self.std
