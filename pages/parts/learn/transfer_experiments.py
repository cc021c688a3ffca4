"""Experiments on transfer: when it helps, what fine-tuning forgets, when it hurts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from pages.parts.learn.digits import (
    CANVAS,
    OLD_DIGITS,
    SIDE,
    Columns,
    anywhere,
    new_digits,
    old_digits,
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
    with_new_head,
)

FEATURES = 96
PIXELS = CANVAS * CANVAS
NEW_LABELS = 4
REPEATS = 3
SOURCE_VIEWS = 6
SOURCE = Settings(head_rate=0.003, backbone_rate=0.003, epochs=10)
TARGET = Settings(head_rate=0.01, backbone_rate=0.0, epochs=40, batch_size=64)
AMOUNTS = (2, 5, 10, 20, 50, 100)
RATES = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)


@dataclass(frozen=True)
class Start:
    """The network that a training starts from, and the backbone's learning rate (0: frozen)."""

    network: SmallNetwork
    backbone_rate: float


@cache
def teacher(kind: str = "digits") -> SmallNetwork:
    """A pretrained network; `kind` names its source task.

    digits: 0 to 5. left: 0 to 5, always at the left edge. brightness: bright or dark pictures.
    noise: random labels. nothing: it was never trained.
    """
    random = np.random.default_rng(0)
    old = old_digits()
    columns: Columns = left_edge if kind == "left" else anywhere
    pictures = np.concatenate([place(old.pictures, random, columns) for _ in range(SOURCE_VIEWS)])
    targets, labels = _teacher_targets(kind, pictures, np.tile(old.targets, SOURCE_VIEWS), random)
    untrained = random_network(PIXELS, FEATURES, labels, random)
    if kind == "nothing":
        return untrained
    with one_thread():
        return train(untrained, pictures, targets, random, SOURCE)


def _teacher_targets(
    kind: str, pictures: Floats, targets: Labels, random: np.random.Generator
) -> tuple[Labels, int]:
    if kind == "brightness":
        brightness = pictures.mean(axis=1)
        return (brightness > np.median(brightness)).astype(np.int64), 2
    if kind == "noise":
        return random.permutation(targets), OLD_DIGITS
    return targets, OLD_DIGITS


def left_edge(random: np.random.Generator, count: int) -> Labels:
    """Every digit at the left edge of the canvas."""
    return np.zeros(count, np.int64)


def right_edge(random: np.random.Generator, count: int) -> Labels:
    """Every digit at the right edge of the canvas."""
    return np.full(count, CANVAS - SIDE, np.int64)


def score(start: Start, per_label: int) -> float:
    """Accuracy of a new head, trained on `per_label` new digits each, on all other new digits."""
    return float(np.mean([_score_once(start, per_label, seed)[0] for seed in range(REPEATS)]))


def _score_once(start: Start, per_label: int, seed: int) -> tuple[float, SmallNetwork]:
    random = np.random.default_rng(seed)
    new = new_digits()
    pictures = place(new.pictures, random)
    chosen, others = some_of_each(new.targets, per_label, random)
    settings = replace(TARGET, backbone_rate=start.backbone_rate)
    grafted = with_new_head(start.network, NEW_LABELS)
    with one_thread():
        network = train(grafted, pictures[chosen], new.targets[chosen], random, settings)
    return network.accuracy(pictures[others], new.targets[others]), network


def transfer_curves(amounts: Sequence[int] = AMOUNTS) -> dict[str, list[float]]:
    """Accuracy for each number of pictures per label, from three starts."""
    starts = {
        "borrowed, frozen": Start(teacher(), 0.0),
        "borrowed, fine-tuned": Start(teacher(), 0.002),
        "from scratch": Start(teacher("nothing"), 0.01),
    }
    return {name: [score(start, n) for n in amounts] for name, start in starts.items()}


@dataclass(frozen=True)
class Forgetting:
    """Accuracy on the new digits and afterwards on the old ones, at one backbone rate."""

    rate: float
    new: float
    old: float


def forgetting(per_label: int, rates: Sequence[float] = RATES) -> list[Forgetting]:
    """Fine-tune at each rate, then put the old head back on and score the old digits again."""
    old = old_digits()
    pictures = place(old.pictures, np.random.default_rng(99))
    source = teacher()
    points = []
    for rate in rates:
        runs = [_score_once(Start(source, rate), per_label, seed) for seed in range(REPEATS)]
        backs = [replace(network, head=source.head, bias=source.bias) for _, network in runs]
        points.append(
            Forgetting(
                rate,
                float(np.mean([right for right, _ in runs])),
                float(np.mean([back.accuracy(pictures, old.targets) for back in backs])),
            )
        )
    return points


TEACHERS = {
    "digits": "other digits",
    "brightness": "bright from dark",
    "noise": "answers by lot",
}


def negative_transfer(per_label: int) -> dict[str, float]:
    """Accuracy with the frozen backbone of each teacher, and from scratch."""
    scores = {
        words: score(Start(teacher(kind), 0.0), per_label) for kind, words in TEACHERS.items()
    }
    scores["from scratch"] = score(Start(teacher("nothing"), 0.01), per_label)
    return scores


def inherited_bias(per_label: int = 40) -> dict[str, tuple[float, float]]:
    """Accuracy on digits at the left and at the right, after a balanced training.

    One backbone was pretrained on digits anywhere, the other on digits at the left edge only.
    """
    return {
        "saw digits everywhere": _left_and_right(teacher(), per_label),
        "saw digits only at the left": _left_and_right(teacher("left"), per_label),
    }


def _left_and_right(network: SmallNetwork, per_label: int) -> tuple[float, float]:
    new = new_digits()
    scores = []
    for seed in range(REPEATS):
        random = np.random.default_rng(seed)
        left, right = (place(new.pictures, random, edge) for edge in (left_edge, right_edge))
        chosen, others = some_of_each(new.targets, per_label, random)
        pictures = np.concatenate([left[chosen[::2]], right[chosen[1::2]]])
        targets = np.concatenate([new.targets[chosen[::2]], new.targets[chosen[1::2]]])
        with one_thread():
            trained = train(with_new_head(network, NEW_LABELS), pictures, targets, random, TARGET)
        sides = (left[others], right[others])
        scores.append([trained.accuracy(side, new.targets[others]) for side in sides])
    at_left, at_right = np.mean(scores, axis=0)
    return float(at_left), float(at_right)
