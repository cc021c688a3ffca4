"""All pictures as points: what looks alike to the network lies close together.

First the two widest directions (PCA), at once; then t-SNE (van der Maaten and Hinton 2008), which
keeps neighbours together. UMAP was tried: importing and compiling it took 45 seconds, more than
t-SNE takes for three thousand pictures.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from tlcore.quality.linear import Features

Points = npt.NDArray[np.float64]
DIRECTIONS = 50
MOST_PLACED = 3_000  # by t-SNE; further pictures go between their nearest neighbours
LEAST = 8  # pictures: with fewer, neighbours mean nothing
PERPLEXITY = 30.0
STEPS = 500


def principal(features: Features) -> Points:
    """Pictures (N, F) in up to 50 principal directions of standardised features: (N, D), D ≥ 2."""
    if len(features) < 2:
        return np.zeros((len(features), 2))
    scaled = StandardScaler().fit_transform(features)
    count = min(DIRECTIONS, *scaled.shape)
    directions = PCA(count, svd_solver="randomized", random_state=0).fit_transform(scaled)
    missing = max(0, 2 - directions.shape[1])
    return np.asarray(np.pad(directions, ((0, 0), (0, missing))), np.float64)


def quick_map(directions: Points) -> Points:
    """The two widest directions (N, 2), within −1…1."""
    return _framed(directions[:, :2])


def neighbour_map(directions: Points, seed: int = 0) -> Points:
    """Points (N, 2), within −1…1, that keep neighbours together; the same ones every time."""
    count = len(directions)
    if count < LEAST:
        return quick_map(directions)
    placed = np.sort(np.random.default_rng(seed).permutation(count)[:MOST_PLACED])
    chosen = directions[placed]
    start = chosen[:, :2] / max(1e-9, float(chosen[:, 0].std())) * 1e-4
    points = TSNE(
        perplexity=min(PERPLEXITY, (len(placed) - 1) / 3),
        init=start,
        max_iter=STEPS,
        random_state=seed,
    ).fit_transform(chosen)
    if len(placed) == count:
        return _framed(points)
    return _framed(_between(directions, placed, points, seed))


def _between(
    directions: Points, placed: npt.NDArray[np.int64], points: Points, seed: int
) -> Points:
    """The other pictures near the nearest of those that have a place, a little apart from them."""
    every = np.zeros((len(directions), 2))
    every[placed] = points
    rest = np.setdiff1d(np.arange(len(directions)), placed)
    near = NearestNeighbors(n_neighbors=3).fit(directions[placed])
    distance, which = near.kneighbors(directions[rest])
    weight = 1 / np.maximum(distance, 1e-6)
    middle = (points[which] * weight[..., None]).sum(axis=1) / weight.sum(axis=1, keepdims=True)
    apart = np.random.default_rng(seed).normal(size=middle.shape) * points.std() * 0.01
    every[rest] = middle + apart
    return every


def _framed(points: Points) -> Points:
    """Centred and scaled alike in both directions, so that all lie within −1…1."""
    centred = points - (points.max(axis=0) + points.min(axis=0)) / 2
    return np.asarray(centred / max(1e-9, float(np.abs(centred).max())), np.float64)
