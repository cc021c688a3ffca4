"""The handwritten digits that every lesson works with: scikit-learn's, 1,797 of 8 × 8 pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pages.parts.learn.small_network import Floats, Labels

SIDE = 8
CANVAS = 12
NOISE = 0.15
OLD_DIGITS = 6  # 0 to 5 are "the old problem", 6 to 9 the new one


@dataclass(frozen=True)
class Digits:
    """`pictures` (N, 8, 8) with ink from 0 to 1, and which digit each of them is, (N,)."""

    pictures: Floats
    targets: Labels

    @property
    def rows(self) -> Floats:
        """One picture per row, (N, 64)."""
        return self.pictures.reshape(len(self.pictures), -1)

    def only(self, chosen: NDArray[np.bool_]) -> Digits:
        """The digits where `chosen` (N,) is true."""
        return Digits(self.pictures[chosen], self.targets[chosen])


@cache
def digits() -> Digits:
    """All 1,797 digits; scikit-learn is imported when they are first needed."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return Digits((data.images / 16).astype(np.float32), data.target.astype(np.int64))


def old_digits() -> Digits:
    """0 to 5: the source task."""
    return digits().only(digits().targets < OLD_DIGITS)


def new_digits() -> Digits:
    """6 to 9, numbered from 0: the target task."""
    chosen = digits().only(digits().targets >= OLD_DIGITS)
    return Digits(chosen.pictures, chosen.targets - OLD_DIGITS)


Columns = Callable[[np.random.Generator, int], Labels]


def anywhere(random: np.random.Generator, count: int) -> Labels:
    """Columns from the whole width of the canvas."""
    return random.integers(0, CANVAS - SIDE + 1, count)


def place(pictures: Floats, random: np.random.Generator, columns: Columns = anywhere) -> Floats:
    """Digits (N, 8, 8) at random places of a larger, grainy canvas: (N, 144)."""
    count = len(pictures)
    canvas = np.zeros((count, CANVAS, CANVAS), np.float32)
    tops = random.integers(0, CANVAS - SIDE + 1, count)
    lefts = columns(random, count)
    for index, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        canvas[index, top : top + SIDE, left : left + SIDE] = pictures[index]
    grain = NOISE * random.random(canvas.shape)
    return (canvas + grain).reshape(count, -1).astype(np.float32)


def some_of_each(
    targets: Labels, per_label: int, random: np.random.Generator
) -> tuple[Labels, Labels]:
    """Positions of `per_label` pictures of every label, and of all other pictures.

    `targets` is (N,); the two results together are a permutation of 0 to N - 1.
    """
    labels = np.unique(targets)
    chosen = np.concatenate(
        [random.permutation(np.flatnonzero(targets == label))[:per_label] for label in labels]
    )
    return chosen, np.setdiff1d(np.arange(len(targets)), chosen)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: beside a training, many threads would only wait for each other."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
