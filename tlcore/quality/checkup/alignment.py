"""Whether one picture is another one with its borders cut off: laid over each other, then compared.

A crop, however light, moves everything in a picture, so hashes and miniatures no longer agree.
Scale and shift along both axes are found by Gauss–Newton steps on smoothed grey pictures, coarse
to fine (Lucas and Kanade 1981; Baker and Matthews 2004). Then coarse shape and fine detail must
both correlate: different pictures of one kind share the first, hardly ever the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import gaussian_filter

Grey = npt.NDArray[np.float32]
SIDE = 64
HALVED = ((2.0, 8), (1.0, 7))  # smoothing in pixels and steps, on pictures of half the side
FULL = ((1.0, 5),)
FINE, COARSE = 0.7, 3.0  # what lies between the two smoothings is detail
LEAST_CONTRAST = 0.02
HOPELESS = 0.9  # a correlation of the halved pictures under which nothing finer is tried
BATCH = 128  # pairs at a time: a few tens of megabytes
DAMPING = 1e-3


@dataclass(frozen=True)
class Agreement:
    """For P pairs: correlations (P,) of shape and of detail, and how much the scale differs (P,).

    `overlap` (P,) is the share of the second picture that the first one covers.
    """

    shape: Grey
    detail: Grey
    scale: Grey
    overlap: Grey


def grey(image: Image.Image) -> Grey:
    """A picture as (64, 64), 0–1, stretched to a square."""
    small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32) / 255.0


def agreement(first: Grey, second: Grey) -> Agreement:
    """Lay each of `first` (P, 64, 64) over its partner in `second` and compare them.

    Pairs whose coarse shapes do not agree are given up early, with a detail of 0.
    """
    parts = [
        _agreement(first[start : start + BATCH], second[start : start + BATCH])
        for start in range(0, len(first), BATCH)
    ]
    if not parts:
        empty = np.zeros(0, np.float32)
        return Agreement(empty, empty, empty, empty)
    shape, detail, scale, overlap = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Agreement(shape, detail, scale, overlap)


def _agreement(first: Grey, second: Grey) -> tuple[Grey, Grey, Grey, Grey]:
    warp = np.tile(np.array([1.0, 1.0, 0.0, 0.0], np.float32), (len(first), 1))
    small, partner = _halved(first), _halved(second)
    warp = _aligned(small, partner, warp, HALVED)
    shape, inside = _correlation(_smoothed(small, 0.5), _smoothed(partner, 0.5), warp)
    detail = np.zeros_like(shape)
    overlap = inside.mean(axis=(1, 2), dtype=np.float32)
    hopeful = np.flatnonzero(shape >= HOPELESS)
    if len(hopeful):
        moving, still = first[hopeful], second[hopeful]
        fine = _aligned(moving, still, warp[hopeful], FULL)
        warp[hopeful] = fine
        shape[hopeful], inside = _correlation(_smoothed(moving, 1.0), _smoothed(still, 1.0), fine)
        detail[hopeful], _ = _correlation(_details(moving), _details(still), fine)
        overlap[hopeful] = inside.mean(axis=(1, 2), dtype=np.float32)
    scale = np.abs(np.log(np.clip(warp[:, :2], 0.05, 20.0))).max(axis=1)
    return shape, detail, scale, overlap


def _aligned(first: Grey, second: Grey, warp: Grey, levels: Sequence[tuple[float, int]]) -> Grey:
    for smoothing, steps in levels:
        moving, still = _normalised(first, smoothing), _normalised(second, smoothing)
        for _ in range(steps):
            warp = _step(moving, still, warp)
    return warp


def _halved(pictures: Grey) -> Grey:
    half = pictures.shape[1] // 2
    blocks = pictures.reshape(len(pictures), half, 2, half, 2)
    return np.asarray(blocks.mean(axis=(2, 4)), np.float32)


def _smoothed(pictures: Grey, smoothing: float) -> Grey:
    smooth: Grey = gaussian_filter(pictures, (0.0, smoothing, smoothing), mode="nearest")
    return smooth


def _normalised(pictures: Grey, smoothing: float) -> Grey:
    smooth = _smoothed(pictures, smoothing)
    smooth = smooth - smooth.mean(axis=(1, 2), keepdims=True)
    spread = smooth.std(axis=(1, 2), keepdims=True)
    return np.asarray(smooth / np.maximum(spread, LEAST_CONTRAST), np.float32)


def _details(pictures: Grey) -> Grey:
    return np.asarray(_smoothed(pictures, FINE) - _smoothed(pictures, COARSE), np.float32)


def _coordinates(warp: Grey, side: int) -> tuple[Grey, Grey, Grey]:
    """Where each pixel of the second picture lies in the first: rows, columns (P, side, side).

    And the offsets (side,) of a pixel from the middle, in halves of a side.
    """
    half = (side - 1) / 2
    offsets = ((np.arange(side, dtype=np.float32) - half) / half).astype(np.float32)
    rows = half * (1 + warp[:, 1, None, None] * offsets[None, :, None] + warp[:, 3, None, None])
    columns = half * (1 + warp[:, 0, None, None] * offsets[None, None, :] + warp[:, 2, None, None])
    shape = (len(warp), side, side)
    return np.broadcast_to(rows, shape), np.broadcast_to(columns, shape), offsets


def _sampled(pictures: Grey, rows: Grey, columns: Grey) -> tuple[Grey, npt.NDArray[np.bool_]]:
    """Bilinear values of `pictures` (P, side, side) at these places, and which lie inside."""
    side = pictures.shape[1]
    inside = (rows >= 0) & (rows <= side - 1) & (columns >= 0) & (columns <= side - 1)
    r, c = np.clip(rows, 0, side - 1.001), np.clip(columns, 0, side - 1.001)
    r0, c0 = r.astype(np.int32), c.astype(np.int32)
    down, right = r - r0, c - c0
    first = np.arange(len(pictures), dtype=np.int32)[:, None, None] * (side * side)
    at, flat = first + r0 * side + c0, pictures.reshape(-1)
    upper = flat[at] * (1 - right) + flat[at + 1] * right
    lower = flat[at + side] * (1 - right) + flat[at + side + 1] * right
    return np.asarray(upper * (1 - down) + lower * down, np.float32), inside


def _step(moving: Grey, still: Grey, warp: Grey) -> Grey:
    """One damped Gauss–Newton step of (scale x, scale y, shift x, shift y) for every pair."""
    side = moving.shape[1]
    rows, columns, offsets = _coordinates(warp, side)
    value, inside = _sampled(moving, rows, columns)
    half = (side - 1) / 2
    across = np.gradient(value, axis=2) * (half / np.maximum(warp[:, 0, None, None], 0.05))
    down = np.gradient(value, axis=1) * (half / np.maximum(warp[:, 1, None, None], 0.05))
    across, down = across * inside, down * inside
    jacobian = np.stack([across * offsets, down * offsets[:, None], across, down], axis=1)
    jacobian = jacobian.reshape(len(warp), 4, -1)
    residual = (still - value).reshape(len(warp), -1, 1)
    normal = jacobian @ jacobian.transpose(0, 2, 1)
    damping = DAMPING * np.trace(normal, axis1=1, axis2=2)[:, None, None] + 1e-6
    change = np.linalg.solve(normal + damping * np.eye(4), jacobian @ residual)[..., 0]
    return np.asarray(warp + np.clip(change, -0.2, 0.2), np.float32)


def _correlation(first: Grey, second: Grey, warp: Grey) -> tuple[Grey, npt.NDArray[np.bool_]]:
    """Pearson's correlation (P,) where the two overlap, and where that is (P, side, side)."""
    rows, columns, _ = _coordinates(warp, first.shape[1])
    value, inside = _sampled(first, rows, columns)
    weight = inside.astype(np.float32)
    total = np.maximum(weight.sum(axis=(1, 2)), 1.0)[:, None, None]

    def centred(pictures: Grey) -> Grey:
        mean = (pictures * weight).sum(axis=(1, 2), keepdims=True) / total
        return np.asarray((pictures - mean) * weight, np.float32)

    a, b = centred(value), centred(second)
    product = (a * b).sum(axis=(1, 2))
    spread = np.sqrt(np.square(a).sum(axis=(1, 2)) * np.square(b).sum(axis=(1, 2)))
    return np.asarray(product / np.maximum(spread, 1e-6), np.float32), inside
