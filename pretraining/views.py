"""Crops of pictures that teacher and student share.

A student that sees the very crop its teacher described learns more from it than one that sees
another crop (Beyer et al. 2021, "Knowledge distillation: a good teacher is patient and
consistent"). The teacher takes the time, so its crops are fixed by a seed and its outputs kept; the
student then sees each of them many times, flipped, recoloured and at several sizes.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class View:
    """One crop per picture: same seed and count, same crops."""

    seed: int
    smallest: float = 0.4

    def boxes(self, count: int) -> Tensor:
        """Boxes (N, 4): left, top, width, height as shares of the picture."""
        if self.smallest >= 1.0:
            return torch.tensor([[0.0, 0.0, 1.0, 1.0]]).repeat(count, 1)
        return random_boxes(np.random.default_rng(self.seed), count, self.smallest)


def random_boxes(draw: np.random.Generator, count: int, smallest: float) -> Tensor:
    """Boxes (N, 4) of random place and shape that cover at least `smallest` of the picture."""
    area = draw.uniform(smallest, 1.0, count)
    ratio = np.exp(draw.uniform(np.log(3 / 4), np.log(4 / 3), count))
    width, height = np.minimum(np.sqrt(area * ratio), 1), np.minimum(np.sqrt(area / ratio), 1)
    left, top = draw.uniform(size=count) * (1 - width), draw.uniform(size=count) * (1 - height)
    return torch.from_numpy(np.stack([left, top, width, height], 1).astype(np.float32))


def cut(
    pixels: NDArray[np.uint8] | Tensor,
    boxes: Tensor,
    size: int,
    *,
    flips: Tensor | None = None,
    mode: str = "bilinear",
) -> Tensor:
    """Cut `boxes` out of pictures (N, S, S, 3) uint8: float (N, 3, size, size) within 0–1.

    `flips` (N,) bool mirrors those pictures left to right.
    """
    batch = torch.as_tensor(pixels).permute(0, 3, 1, 2).float().div_(255)
    centre = boxes[:, :2] * 2 - 1 + boxes[:, 2:]
    scale = boxes[:, 2:].clone()
    if flips is not None:
        scale[:, 0] = torch.where(flips, -scale[:, 0], scale[:, 0])
    theta = torch.zeros(len(boxes), 2, 3, device=batch.device)
    theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = scale[:, 0], scale[:, 1], centre
    # Sample finely enough to lose nothing, then reduce with a filter: sampling alone would alias.
    fine = max(size, batch.shape[-1])
    grid = functional.affine_grid(theta, [len(boxes), 3, fine, fine], align_corners=False)
    out = functional.grid_sample(
        batch, grid, mode=mode, padding_mode="reflection", align_corners=False
    )
    if fine != size:
        out = functional.interpolate(out, (size, size), mode="bilinear", antialias=True)
    return out.clamp_(0, 1)


def recolour(batch: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Change brightness, contrast and saturation of each picture (N, 3, H, W) a little."""
    if strength <= 0:
        return batch
    factors = 1 + strength * (2 * torch.rand(3, len(batch), 1, 1, 1, generator=generator) - 1)
    brightness, contrast, saturation = factors.to(batch.device)
    batch = batch * brightness
    batch = torch.lerp(batch.mean((1, 2, 3), keepdim=True), batch, contrast)
    batch = torch.lerp(batch.mean(1, keepdim=True), batch, saturation)
    return batch.clamp_(0, 1)


def normalise(batch: Tensor) -> Tensor:
    """Pictures (N, 3, H, W) within 0–1, normalised as for ImageNet, channels last in memory."""
    mean = torch.tensor(MEAN, device=batch.device).view(3, 1, 1)
    std = torch.tensor(STD, device=batch.device).view(3, 1, 1)
    return ((batch - mean) / std).contiguous(memory_format=torch.channels_last)
