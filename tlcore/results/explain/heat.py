"""What a classifier looks at: heat maps by Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391).

The `grad-cam` library computes them. Of convolutional networks it is given the deepest layer whose
map is not too coarse; of transformers the deepest layer whose patches still matter to the answer
(behind the last attention only the class token does). Where no layer has a map, the gradient at
the pixels is used instead. Imports torch; the library itself only when a map is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tlcore.classifier.classifier import Classifier

LEAST_GRID = 5  # cells along a side; a coarser map tells hardly more than “somewhere”
BATCH = 16
GRID = 32  # cells along a side of the maps that leave this room

Maps = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Place:
    """A layer with a map: `to_map` brings its output (N, …) to (N, C, H, W)."""

    name: str
    module: nn.Module
    height: int
    width: int
    to_map: Callable[[Tensor], Tensor]


class Explainer:
    """Gives heat maps for one classifier. Not for several threads at a time: it hooks layers."""

    def __init__(self, classifier: Classifier):
        self.classifier = classifier
        for module in classifier.network.modules():
            if getattr(module, "inplace", False):  # would overwrite what the maps are read from
                module.inplace = False  # type: ignore[assignment]
        places = _places(classifier)
        fine = [place for place in places if min(place.height, place.width) >= LEAST_GRID]
        candidates = fine or places
        self.place: Place | None = candidates[-1] if candidates else None
        self.deepest = bool(places) and self.place is places[-1]

    @property
    def method(self) -> str:
        """How the maps are made, in the words of the field."""
        if self.place is None:
            return "input gradients"
        return "Grad-CAM" if self.deepest else "Layer-CAM"

    def maps(self, pixels: Tensor, labels: Sequence[int]) -> Maps:
        """Heat (N, GRID, GRID), 0 to 1, of prepared pixels (N, 3, H, W) for one label each."""
        parts = []
        for start in range(0, len(pixels), BATCH):
            pictures = self.classifier.preprocessing.normalise(pixels[start : start + BATCH])
            chosen = list(labels[start : start + BATCH])
            with torch.enable_grad():
                parts.append(self._batch(pictures.requires_grad_(True), chosen))
        heat = torch.from_numpy(np.concatenate(parts)).float()[:, None]
        small = nn.functional.interpolate(
            heat, (GRID, GRID), mode="bilinear", antialias=True, align_corners=False
        )[:, 0]
        maps: Maps = _scaled(small.numpy())
        return maps

    def _batch(self, pictures: Tensor, labels: list[int]) -> Maps:
        if self.place is None:
            return self._gradients(pictures, labels)
        # Slow to import (OpenCV, matplotlib), and only who asks for a map needs it.
        from pytorch_grad_cam import GradCAM, LayerCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        kind: Any = GradCAM if self.deepest else LayerCAM
        network = self.classifier.network
        with kind(network, [self.place.module], reshape_transform=self.place.to_map) as cam:
            targets = [ClassifierOutputTarget(label) for label in labels]
            maps: Maps = np.asarray(cam(pictures, targets=targets), dtype=np.float32)
        return np.nan_to_num(maps)

    def _gradients(self, pictures: Tensor, labels: list[int]) -> Maps:
        """Gradient times pixel, without sign, blurred a little (Simonyan et al. 2014)."""
        logits = self.classifier.network(pictures)
        chosen = logits[torch.arange(len(labels)), torch.tensor(labels)].sum()
        [gradient] = torch.autograd.grad(chosen, pictures)
        heat = (gradient * pictures).detach().abs().sum(1, keepdim=True)
        side = max(3, pictures.shape[-1] // 16 | 1)
        smooth = nn.functional.avg_pool2d(heat, side, 1, side // 2, count_include_pad=False)
        maps: Maps = smooth[:, 0].numpy()
        return maps


def outside_share(maps: Maps, side: float) -> npt.NDArray[np.float64]:
    """The share (N,) of each map's heat outside the middle square with this share of the side."""
    size = maps.shape[-1]
    centres = (np.arange(size) + 0.5) / size
    inside = np.abs(centres - 0.5) <= side / 2
    whole = maps.sum(axis=(1, 2)).astype(np.float64)
    middle = maps[:, inside][:, :, inside].sum(axis=(1, 2))
    return np.where(whole > 0, 1 - middle / np.maximum(whole, 1e-12), np.nan)


def _scaled(maps: Maps) -> Maps:
    lowest = maps.min(axis=(1, 2), keepdims=True)
    highest = maps.max(axis=(1, 2), keepdims=True)
    scaled: Maps = ((maps - lowest) / np.maximum(highest - lowest, 1e-12)).astype(np.float32)
    return scaled


def _places(classifier: Classifier) -> list[Place]:
    """Layers with a map that matters everywhere, in the order in which they run."""
    backbone = classifier.network.backbone
    size = classifier.preprocessing.input_size
    seen: list[tuple[str, nn.Module, Tensor]] = []
    hooks = [
        module.register_forward_hook(_remember(seen, name))
        for name, module in backbone.named_modules()
        if name
    ]
    pictures = torch.rand(1, *size, generator=torch.Generator().manual_seed(0))
    try:
        with torch.enable_grad():
            logits = classifier.network(pictures.requires_grad_(True))
            _, label = logits.max(1)
            outputs = [output for *_, output in seen]
            if not outputs:
                return []
            gradients = torch.autograd.grad(logits[0, label[0]], outputs, allow_unused=True)
    finally:
        for hook in hooks:
            hook.remove()
    tokens = int(getattr(backbone, "num_prefix_tokens", 0))
    width = int(getattr(backbone, "num_features", 0))
    places = []
    for (name, module, output), gradient in zip(seen, gradients, strict=True):
        shape = _grid(output, tokens, width)
        if shape is None or gradient is None:
            continue
        height, across, to_map = shape
        if (to_map(gradient).abs().sum(1) > 0).float().mean() > 0.5:
            places.append(Place(name, module, height, across, to_map))
    return places


def _remember(seen: list[tuple[str, nn.Module, Tensor]], name: str) -> Callable[..., None]:
    def hook(module: nn.Module, _: Any, output: Any) -> None:
        if isinstance(output, Tensor) and output.requires_grad and output.ndim in (3, 4):
            seen.append((name, module, output))

    return hook


def _grid(
    output: Tensor, prefix: int, width: int
) -> tuple[int, int, Callable[[Tensor], Tensor]] | None:
    """Height and width of a layer's map, and what brings its output there; None without a map."""
    if output.ndim == 4:
        if output.shape[-1] == width and output.shape[1] != width:  # (N, H, W, C), as in Swin
            height, across = output.shape[1:3]
            return (height, across, _channels_first) if min(height, across) > 1 else None
        height, across = output.shape[2:]
        return (height, across, _as_it_is) if min(height, across) > 1 else None
    side = math.isqrt(max(0, output.shape[1] - prefix))
    if side < 2 or side * side != output.shape[1] - prefix:
        return None
    return (
        side,
        side,
        lambda tokens: tokens[:, prefix:].transpose(1, 2).reshape(len(tokens), -1, side, side),
    )


def _as_it_is(output: Tensor) -> Tensor:
    return output


def _channels_first(output: Tensor) -> Tensor:
    return output.permute(0, 3, 1, 2)
