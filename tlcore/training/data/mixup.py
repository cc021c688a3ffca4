"""Blends training pictures of a batch, and their targets with them: mixup and cutmix.

What is blended is what enters the learning part: the pictures themselves when everything learns
(Zhang et al. 2018, Yun et al. 2019), else what the frozen stages said about them (manifold mixup,
Verma et al. 2019). So it costs nothing at the freeze line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

Kept = tuple[Tensor, ...]
Box = tuple[float, float, float, float]
MOST_EXTRA_TOKENS = 8  # class, distillation and register tokens before those of the picture


class Mixer:
    """Blends batches by mixup and cutmix, each with its alpha of a Beta distribution, 0 for none.

    The same seed and step always give the same blend. `labels` is the number of labels, K. With
    both allowed, each step takes one.
    """

    def __init__(self, mixup: float, cutmix: float, *, labels: int, seed: int):
        self.mixup, self.cutmix = mixup, cutmix
        self.labels = labels
        self.seed = seed

    @property
    def active(self) -> bool:
        """Whether anything is blended at all."""
        return self.mixup > 0 or self.cutmix > 0

    def mix(self, kept: Kept, targets: Tensor, step: int) -> tuple[Kept, Tensor]:
        """Blend each of kept tensors (B, …) with another of its batch.

        Returns the blended tensors and soft targets (B, K) in float32: the target of each picture
        weighs as much as the picture. `targets` (B,) are indices of labels; nothing is changed in
        place.
        """
        soft = F.one_hot(targets, self.labels).float()
        if not self.active:
            return kept, soft
        random = np.random.default_rng([self.seed, step])
        partner = torch.from_numpy(random.permutation(len(targets))).to(targets.device)
        alpha, cut = self._choose(random)
        share = float(random.beta(alpha, alpha))
        places = [place_of(tuple(tensor.shape[1:])) for tensor in kept]
        if cut and any(places):
            box, share = box_of(share, random, coarsest(places))
            mixed = tuple(
                _pasted(tensor, tensor[partner], place, box, share)
                for tensor, place in zip(kept, places, strict=True)
            )
        else:
            mixed = tuple(_blended(tensor, tensor[partner], share) for tensor in kept)
        return mixed, _blended(soft, soft[partner], share)

    def _choose(self, random: np.random.Generator) -> tuple[float, bool]:
        """(alpha, whether to cut) of this step."""
        coin = random.random() < 0.5
        cut = self.cutmix > 0 and (self.mixup == 0 or coin)
        return (self.cutmix if cut else self.mixup), cut


@dataclass(frozen=True)
class Place:
    """Where in a kept tensor the picture's rows and columns are.

    `axis` is the first axis that holds them: 2 for maps (B, C, H, W), 1 for maps (B, H, W, C) and
    tokens (B, T, C). `flat` says that one axis holds rows · columns after `extra` other tokens.
    """

    axis: int
    rows: int
    columns: int
    flat: bool = False
    extra: int = 0


def place_of(shape: Sequence[int]) -> Place | None:
    """Finds rows and columns in one picture's kept tensor; None for a vector or a single point.

    Pictures enter square, so equal sides are what to look for.
    """
    if len(shape) == 3:
        first, second, third = shape
        axis = 1 if first == second != third else 2
        rows, columns = (first, second) if axis == 1 else (second, third)
        return Place(axis, rows, columns) if min(rows, columns) > 1 else None
    side = math.isqrt(shape[0]) if len(shape) == 2 else 0
    extra = shape[0] - side * side
    if side > 1 and extra <= MOST_EXTRA_TOKENS:
        return Place(1, side, side, flat=True, extra=extra)
    return None


def coarsest(places: Sequence[Place | None]) -> Place:
    """The place with the fewest points: a box on its lines lies on those of finer ones too."""
    known = (place for place in places if place is not None)
    return min(known, key=lambda place: place.rows * place.columns)


def box_of(share: float, random: np.random.Generator, place: Place) -> tuple[Box, float]:
    """A box on the lines of `place` that leaves about `share` of the picture, and what it leaves.

    Returns ((top, bottom, left, right) in 0–1, share). The middle lies anywhere and the box is
    clipped at the edges, as in the paper, so the share is counted anew.
    """
    side = math.sqrt(1 - share)
    edges: list[float] = []
    for count, middle in zip((place.rows, place.columns), random.random(2), strict=True):
        low = round(max(0.0, middle - side / 2) * count)
        high = round(min(1.0, middle + side / 2) * count)
        edges += [low / count, high / count]
    top, bottom, left, right = edges
    return (top, bottom, left, right), 1 - (bottom - top) * (right - left)


def _blended(first: Tensor, second: Tensor, share: float) -> Tensor:
    return share * first + (1 - share) * second


def _pasted(first: Tensor, second: Tensor, place: Place | None, box: Box, share: float) -> Tensor:
    """`first` with `second` inside the box; what has no place in the picture is blended instead."""
    if place is None:
        return _blended(first, second, share)
    inside = _inside(place, box).to(first.device)
    shape = [1] * first.ndim
    if place.flat:
        weights = torch.cat([torch.full((place.extra,), 1 - share), inside.flatten().float()])
        shape[place.axis] = len(weights)
    else:
        weights = inside.float()
        shape[place.axis : place.axis + 2] = [place.rows, place.columns]
    weights = weights.to(first).reshape(shape).expand_as(first)
    return torch.lerp(first, second, weights)


def _inside(place: Place, box: Box) -> Tensor:
    """True (rows, columns) where the box is."""
    top, bottom = (round(edge * place.rows) for edge in box[:2])
    left, right = (round(edge * place.columns) for edge in box[2:])
    inside = torch.zeros(place.rows, place.columns, dtype=torch.bool)
    inside[top:bottom, left:right] = True
    return inside
