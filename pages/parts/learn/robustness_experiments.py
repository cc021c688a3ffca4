"""Experiments on robustness: shortcuts, and pictures that differ from those of the training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.parts.learn.digits import Digits, digits, one_thread
from pages.parts.learn.small_network import Floats

MARK = 1.0
PAIR = (3, 8)
TRAINING_SHARE = 0.5
TRAINING_COUNT = 400
TEST_COUNT = 300


@dataclass(frozen=True)
class Shortcut:
    """Accuracy on marked pictures, without the mark, and with the mark on the other label.

    `weights` (8, 8) are those of the logistic regression: above zero for an 8, below for a 3.
    """

    collected: float
    clean: float
    swapped: float
    weights: Floats
    examples: tuple[Floats, Floats]


def shortcut(share: float, seed: int = 2) -> Shortcut:
    """Mark a corner of `share` of the 8s (and of as many 3s as are left), and train on that.

    At 0.5 the mark says nothing about the label; at 1 it says everything.
    """
    random = np.random.default_rng(seed)
    pair = digits().only(np.isin(digits().targets, PAIR))
    eight = pair.targets == PAIR[1]
    learning = random.random(len(eight)) < TRAINING_SHARE
    marked = random.random(len(eight)) < np.where(eight, share, 1 - share)
    model = _fit(_mark(pair.pictures, marked)[learning], eight[learning])

    def right(marks: NDArray[np.bool_]) -> float:
        return float(model.score(_rows(_mark(pair.pictures, marks)[~learning]), eight[~learning]))

    return Shortcut(
        collected=right(marked),
        clean=right(np.zeros_like(marked)),
        swapped=right(~marked),
        weights=model.coef_.reshape(8, 8),
        examples=_examples(pair, eight, share),
    )


def _examples(pair: Digits, eight: NDArray[np.bool_], share: float) -> tuple[Floats, Floats]:
    three, other = pair.pictures[~eight][:1], pair.pictures[eight][:1]
    return three[0], _mark(other, np.array([share > 0.5]))[0]


def _mark(pictures: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """Pictures (N, 8, 8) with a bright corner where `chosen` (N,), like a stamp or a logo."""
    marked = pictures.copy()
    marked[chosen, :2, :2] = MARK
    return marked


def _fit(pictures: Floats, targets: NDArray[np.bool_]) -> Any:
    from sklearn.linear_model import LogisticRegression

    with one_thread():
        return LogisticRegression(C=0.1, max_iter=300).fit(_rows(pictures), targets)


def _rows(pictures: Floats) -> Floats:
    return pictures.reshape(len(pictures), -1)


def turned(pictures: Floats, degrees: float) -> Floats:
    """Pictures (N, 8, 8) rotated anticlockwise about their middle."""
    from scipy.ndimage import rotate

    spun = rotate(pictures, degrees, axes=(1, 2), reshape=False, order=1)
    return np.asarray(np.clip(spun, 0, 1), dtype=np.float32)


def score_when_turned(degrees: float, turned_in_training: bool) -> float:
    """Accuracy on rotated digits after a training on upright ones, or on rotated ones, too."""
    model, held_out = _reader(turned_in_training)
    return float(model.score(_rows(turned(held_out.pictures, degrees)), held_out.targets))


@cache
def _reader(turned_in_training: bool) -> tuple[Any, Digits]:
    """A small support vector machine trained on some digits, and digits that it never saw."""
    from sklearn.svm import SVC

    every = digits()
    place = np.random.default_rng(6).permutation(len(every.targets))
    known, unseen = every.only(place < TRAINING_COUNT), every.only(place >= len(place) - TEST_COUNT)
    angles = (-45, -30, -15, 0, 15, 30, 45) if turned_in_training else (0,)
    pictures = np.concatenate([turned(known.pictures, angle) for angle in angles])
    targets = np.tile(known.targets, len(angles))
    with one_thread():
        return SVC(gamma=0.05).fit(_rows(pictures), targets), unseen
