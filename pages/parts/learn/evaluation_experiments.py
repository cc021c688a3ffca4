"""Experiments on evaluation: leaky splits, overfitting, and predictions that must be made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.parts.learn.digits import (
    CANVAS,
    digits,
    one_thread,
    place,
    some_of_each,
)
from pages.parts.learn.small_network import (
    Floats,
    Labels,
    Settings,
    SmallNetwork,
    random_network,
    train,
)
from tlcore.training.fit.reporting.curve_advice import Advice, advise
from tlcore.training.fit.reporting.events import EpochDone

SCENES = 12
DRAWS = 4
TEST_SHARE = 0.3
CAMERA_GRAIN = 0.08


@dataclass(frozen=True)
class Leak:
    """Accuracy with frames of a burst in both splits, with bursts kept together, and in truth."""

    mixed: float
    grouped: float
    truth: float


def leak(frames: int, drawn_by_lot: bool) -> Leak:
    """Photograph 12 digits of each kind `frames` times, then score a nearest neighbour.

    With `drawn_by_lot` the labels are random, so nothing can do better than chance. The result is
    the mean of a few repeats.
    """
    draws = [_leak_once(frames, drawn_by_lot, seed) for seed in range(DRAWS)]
    return Leak(*(float(share) for share in np.mean(draws, axis=0)))


def _leak_once(frames: int, drawn_by_lot: bool, seed: int) -> tuple[float, float, float]:
    random = np.random.default_rng(seed)
    every = digits()
    chosen, others = some_of_each(every.targets, SCENES, random)
    labels, true = every.targets[chosen], every.targets[others]
    if drawn_by_lot:
        labels, true = random.permutation(labels), random.integers(0, 10, len(others))
    pictures = np.repeat(every.rows[chosen], frames, axis=0)
    pictures = pictures + CAMERA_GRAIN * random.normal(size=pictures.shape)
    targets = np.repeat(labels, frames)
    scene = np.repeat(np.arange(len(chosen)), frames)
    mixed = random.random(len(targets)) < TEST_SHARE
    held_out = random.permutation(len(chosen))[: round(TEST_SHARE * len(chosen))]
    grouped = np.isin(scene, held_out)
    truth = _nearest(pictures, targets, every.rows[others], true)
    return _held_out(pictures, targets, mixed), _held_out(pictures, targets, grouped), truth


def _held_out(pictures: Floats, targets: Labels, test: NDArray[np.bool_]) -> float:
    return _nearest(pictures[~test], targets[~test], pictures[test], targets[test])


def _nearest(known: Floats, labels: Labels, unseen: Floats, truth: Labels) -> float:
    """Accuracy of 1-nearest-neighbour: `known` (N, D) with labels (N,) on `unseen` (M, D)."""
    from sklearn.neighbors import KNeighborsClassifier

    with one_thread():
        return float(KNeighborsClassifier(1).fit(known, labels).score(unseen, truth))


@dataclass(frozen=True)
class Fit:
    """A polynomial fitted to noisy points: the points, the curve, and root mean square errors.

    `known`, `fresh` and `curve` are pairs of x and y, each (N,); `truth` has the y of the wave.
    """

    known: tuple[Floats, Floats]
    fresh: tuple[Floats, Floats]
    curve: tuple[Floats, Floats]
    truth: Floats
    known_error: float
    fresh_error: float


def fit(degree: int, points: int, seed: int = 4) -> Fit:
    """Fit a polynomial of this degree to `points` noisy points of a wave."""
    random = np.random.default_rng(seed)
    known = _wave_points(points, random)
    fresh = _wave_points(40, random)
    polynomial = np.polynomial.Chebyshev.fit(*known, degree, domain=[0, 1])
    across = np.linspace(0, 1, 300)
    return Fit(
        known, fresh, (across, polynomial(across)), _wave(across),
        _error(polynomial(known[0]), known[1]), _error(polynomial(fresh[0]), fresh[1]),
    )  # fmt: skip


def _wave(x: Floats) -> Floats:
    return np.asarray(np.sin(2 * np.pi * x) * 0.8)


def _wave_points(count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    x = np.sort(random.random(count))
    return x, _wave(x) + random.normal(0, 0.2, count)


def _error(predicted: Floats, true: Floats) -> float:
    return float(np.sqrt(np.mean((predicted - true) ** 2)))


@dataclass(frozen=True)
class Training:
    """The epochs of a small training, as in a run's events, and the app's advice on them."""

    epochs: tuple[EpochDone, ...]
    advice: Advice


def curves(per_label: int, features: int, epochs: int = 60, seed: int = 1) -> Training:
    """Train a network from scratch on ten digits, and record both losses after each epoch."""
    random = np.random.default_rng(seed)
    every = digits()
    pictures = place(every.pictures, random)
    chosen, others = some_of_each(every.targets, per_label, random)
    others = random.permutation(others)[:400]
    done: list[EpochDone] = []

    def note(network: SmallNetwork) -> None:
        number = len(done) + 1
        done.append(_epoch(number, epochs, network, pictures, every.targets, chosen, others))

    settings = Settings(0.005, 0.005, epochs, 32, weight_decay=0)
    start = random_network(CANVAS * CANVAS, features, 10, random)
    with one_thread():
        train(start, pictures[chosen], every.targets[chosen], random, settings, note)
    best = min(done, key=lambda epoch: epoch.validation_loss or 0.0)
    done = [replace(epoch, best=epoch is best) for epoch in done]
    return Training(tuple(done), advise(done))


def _epoch(
    number: int,
    epochs: int,
    network: SmallNetwork,
    pictures: Floats,
    targets: NDArray[np.int64],
    chosen: NDArray[np.int64],
    others: NDArray[np.int64],
) -> EpochDone:
    return EpochDone(
        epoch=number,
        epochs=epochs,
        train_loss=network.loss(pictures[chosen], targets[chosen]),
        validation_loss=network.loss(pictures[others], targets[others]),
        train_accuracy=network.accuracy(pictures[chosen], targets[chosen]),
        validation_accuracy=network.accuracy(pictures[others], targets[others]),
    )


UNFAMILIAR = ("a real 3", "a banana", "a chessboard", "static", "an empty page")
BANANA = """
......#.
......#.
.....##.
.....##.
....###.
.#####..
.####...
........
"""


def unfamiliar_picture(name: str) -> Floats:
    """A picture (8, 8) of that name, with ink from 0 to 1: a digit, or surely none."""
    every = digits()
    if name == "a real 3":
        return np.asarray(every.pictures[np.flatnonzero(every.targets == 3)[7]])
    if name == "a chessboard":
        return np.asarray(np.indices((8, 8)).sum(axis=0) % 2, dtype=np.float32)
    if name == "static":
        return np.random.default_rng(5).random((8, 8)).astype(np.float32)
    if name == "an empty page":
        return np.zeros((8, 8), np.float32)
    rows = BANANA.strip().splitlines()
    return np.array([[letter == "#" for letter in row] for row in rows], np.float32)


def digit_probabilities(picture: Floats) -> list[float]:
    """A good digit classifier's ten probabilities for a picture (8, 8); they add up to one."""
    return [float(share) for share in _digit_classifier().predict_proba(picture.reshape(1, -1))[0]]


@cache
def _digit_classifier() -> Any:
    from sklearn.linear_model import LogisticRegression

    with one_thread():
        return LogisticRegression(C=3.0, max_iter=300).fit(digits().rows, digits().targets)
