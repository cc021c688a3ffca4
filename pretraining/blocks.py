"""A student that learns block by block from a teacher that looks at the very same pixels.

Every block of the student is asked for the map (N, C, H, W) that the teacher's block gives, not
only for what is left of it after pooling: hundreds of answers for each picture instead of one
(FitNets, Romero et al. 2015; Wang et al. 2018, "Progressive blockwise knowledge distillation").
Where both have blocks of one shape, a block is at first given the teacher's map and not what the
student's own earlier blocks make of the picture ("forcing"), so that late blocks need not wait for
early ones; forcing ends on the way. No weight is taken from the teacher.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pretraining.student import feature_width, soft_loss
from pretraining.views import normalise

Maps = tuple[Tensor, ...]
KEEP = 0.05  # of the mean deviation is added to each, so that a silent channel weighs little


def blocks_of(network: nn.Module) -> list[str]:
    """Paths of the modules whose maps are compared: each block, or else the end of each stage."""
    stages = getattr(network, "blocks", None)
    if isinstance(stages, nn.Sequential) and all(isinstance(s, nn.Sequential) for s in stages):
        return [
            f"blocks.{i}.{name}" for i, s in enumerate(stages) for name, _ in s.named_children()
        ]
    told: Any = network.feature_info
    return [info["module"] for info in told]


@dataclass(frozen=True)
class Late:
    """A share of the steps that only the blocks from `first` on (a path's beginning) take part in.

    Late maps are small: a picture holds few examples for late blocks and many for early ones, and
    it is the early ones that cost.
    """

    first: str
    share: float


class Said(nn.Module):
    """A network that gives its blocks' maps, its last map, its pooled features and its logits."""

    def __init__(self, network: nn.Module, paths: list[str]) -> None:
        super().__init__()
        self.network: Any = network  # timm's methods are not those of nn.Module
        self.paths = paths

    def forward(self, x: Tensor) -> Maps:
        """From normalised pictures (N, 3, H, W); logits (N, 0) where it does not classify."""
        with _listening(self.network, self.paths) as heard:
            last = self.network.forward_features(x)
        pooled = self.network.forward_head(last, pre_logits=True)
        classifies = bool(self.network.num_classes)
        logits = self.network.get_classifier()(pooled) if classifies else pooled[:, :0]
        return (*heard, last, pooled, logits)


@contextmanager
def _listening(network: nn.Module, paths: list[str]) -> Iterator[list[Tensor]]:
    heard: list[Tensor] = []
    hooks = [
        network.get_submodule(path).register_forward_hook(
            lambda _module, _given, output: heard.append(output)
        )
        for path in paths
    ]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


class LiveTeacher:
    """Answers any batch. On a CPU it is traced once for every shape: 1.4 to 1.8 times faster."""

    def __init__(self, network: nn.Module, device: str) -> None:
        self.paths, self.device = blocks_of(network), device
        network = network.eval().requires_grad_(False).to(device)
        self.said = Said(network, self.paths).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.classifier: nn.Module | None = (
            self.said.network.get_classifier() if self.said.network.num_classes else None
        )
        self.traced: dict[tuple[int, ...], Any] = {}

    @torch.no_grad()
    def __call__(self, pictures: Tensor) -> Maps:
        """See `Said.forward`."""
        if self.device != "cpu":
            said: Maps = self.said(pictures)
            return said
        shape = tuple(pictures.shape)
        if shape not in self.traced:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch announces the end of TorchScript
                example = normalise(torch.rand(shape))
                traced = torch.jit.freeze(torch.jit.trace(self.said.eval(), example))
                self.traced[shape] = torch.jit.optimize_for_inference(traced)
        answered: Maps = self.traced[shape](pictures)
        return answered


class BlockStudent(nn.Module):
    """A backbone, and for every block the way from its map to the teacher's."""

    def __init__(
        self,
        backbone: nn.Module,
        teacher: LiveTeacher,
        some: Tensor,
        force_until: float,
        late: Late | None = None,
    ) -> None:
        super().__init__()
        self.backbone, self.force_until = backbone, force_until
        self.width = feature_width(backbone)
        self.labels = None
        self.teacher = [teacher]  # in a list: no part of the student, nor of its checkpoint
        wanted = teacher(some)
        with torch.no_grad():
            self.pairs = self._pairs(wanted, some)
            given = Said(backbone, [path for _, path in self.pairs]).eval()(some)
        numbers = [number for number, _ in self.pairs] + [len(wanted) - 3, len(wanted) - 2]
        compared = [wanted[number] for number in numbers]
        self.scales = nn.ModuleList(_Scale(target) for target in compared)
        self.ways = nn.ModuleList(
            nn.Identity() if ours.shape == target.shape else _way(ours, target)
            for ours, target in zip(given, compared, strict=False)
        )
        self.twin = all(isinstance(way, nn.Identity) for way in self.ways)
        if self.twin:
            self._begin()
        starts = [path for _, path in self.pairs[1:] if late and path.startswith(late.first)]
        self.late = late if starts and self.twin and hasattr(backbone, "conv_head") else None

    def _pairs(self, wanted: Maps, some: Tensor) -> list[tuple[int, str]]:
        """Which map of the teacher goes with which block of the student: by path, or by size."""
        teacher = self.teacher[0]
        ours = blocks_of(self.backbone)
        if ours == teacher.paths:
            return list(enumerate(ours))
        said = Said(self.backbone, ours).eval()(some)
        last_of: dict[torch.Size, str] = {said[i].shape[2:]: path for i, path in enumerate(ours)}
        theirs = {wanted[i].shape[2:]: i for i in range(len(teacher.paths))}
        return [(theirs[size], path) for size, path in last_of.items() if size in theirs]

    def _begin(self) -> None:
        """Let every block's last BatchNorm start with the deviations of the teacher's map."""
        for (_, path), scale in zip(self.pairs, self.scales, strict=False):
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

        `share` of the training is over: forcing goes down to nothing at `force_until` of it.
        """
        wanted = self.teacher[0](pictures)
        likely = max(0.0, 1 - share / self.force_until) if self.twin and self.force_until else 0.0
        errors: list[Tensor] = []
        late = self.late if self.late and torch.rand(()).item() < self.late.share else None
        with self._compared(wanted, errors, likely):
            last = (
                self._from(late.first, wanted) if late else self.backbone.forward_features(pictures)  # type: ignore[operator]
            )
        pooled = self.backbone.forward_head(last, pre_logits=True)  # type: ignore[operator]
        parts = {
            "blocks": torch.stack(errors).mean(),
            "last": self._error(-2, last, wanted[-3]),
            "features": self._error(-1, pooled, wanted[-2]),
        }
        weights = {"blocks": 2.0, "last": 1.0, "features": 1.0, "soft": soft_weight}
        if (classifier := self.teacher[0].classifier) is not None:
            answers = classifier(self._near(-1, pooled))
            parts["soft"] = soft_loss(answers, wanted[-1], temperature)
        total = sum((weights[name] * part for name, part in parts.items()), torch.zeros(()))
        return total, {name: part.item() for name, part in parts.items()}

    def _from(self, first: str, wanted: Maps) -> Tensor:
        """The last map, when the blocks from `first` on begin with the teacher's own map."""
        paths = [path for _, path in self.pairs]
        place = next(place for place, path in enumerate(paths) if path.startswith(first))
        x = wanted[self.pairs[place - 1][0]]
        for path in paths[place:]:
            x = self.backbone.get_submodule(path)(x)
        return self.backbone.bn2(self.backbone.conv_head(x))  # type: ignore[operator, no-any-return]

    def _near(self, place: int, ours: Tensor) -> Tensor:
        """What the student says, in the teacher's own units."""
        way, scale = self.ways[place], self.scales[place]
        return ours if isinstance(way, nn.Identity) else way(ours) * scale.std + scale.mean  # type: ignore[operator, no-any-return]

    def _error(self, place: int, ours: Tensor, theirs: Tensor) -> Tensor:
        scale = self.scales[place]
        return functional.mse_loss(scale(self._near(place, ours).float()), scale(theirs.float()))

    @contextmanager
    def _compared(self, wanted: Maps, errors: list[Tensor], likely: float) -> Iterator[None]:
        """While it lasts, every block's map is compared, and with that chance replaced."""

        def listen(place: int) -> Any:
            def after(_module: nn.Module, _given: Any, output: Tensor) -> Tensor:
                theirs = wanted[self.pairs[place][0]]
                errors.append(self._error(place, output, theirs))
                return theirs if likely and torch.rand(()).item() < likely else output

            return after

        hooks = [
            self.backbone.get_submodule(path).register_forward_hook(listen(place))
            for place, (_, path) in enumerate(self.pairs)
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def explained(self, pictures: Tensor) -> float:
        """Of the variance of the teacher's features over these pictures, the share explained."""
        with torch.inference_mode():
            theirs = self.teacher[0](pictures)[-2].float()
            ours = self._near(-1, self.backbone(pictures).float())
        spread = (theirs - theirs.mean(0)).square().sum()
        return float(1 - (theirs - ours).square().sum() / spread)


def _way(ours: Tensor, target: Tensor) -> nn.Module:
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
        self.register_buffer("std", std + KEEP * std.mean())

    def forward(self, values: Tensor) -> Tensor:
        """`values` less their mean, in deviations."""
        return (values - self.mean) / self.std
