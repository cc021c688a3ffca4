"""Trainings of one picture set with any recipe, scored on its test pictures."""

from __future__ import annotations

import hashlib
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.picture_sets import PictureSet
from tlcore.results.score.scoring import train_and_score
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

VALIDATION_SHARE = 0.15
MOST_TESTED = 300


@dataclass(frozen=True)
class Outcome:
    """The share of test pictures that a training got right, and its seconds without scoring.

    `processor` counts the seconds that processors worked for it, all threads together: other work
    on the machine hardly changes them.
    """

    accuracy: float
    seconds: float
    processor: float


def training_set(
    pictures: PictureSet, per_class: int, seed: int, most_tested: int = MOST_TESTED
) -> TrainingSet:
    """`per_class` pictures of each label to learn from and to validate on, and test pictures.

    Of each label about 15 % validate, one at least. At most 300 pictures, evenly, are tested.
    """
    drawn, rest = pictures.draw(per_class, seed)
    random = np.random.default_rng(seed)
    splits = dict.fromkeys(map(int, drawn), Split.TRAIN)
    for label in np.unique(pictures.targets):
        of_label = random.permutation(drawn[pictures.targets[drawn] == label])
        for place in of_label[: max(1, round(VALIDATION_SHARE * len(of_label)))]:
            splits[int(place)] = Split.VALIDATION
    tested = random.permutation(rest)[:most_tested]
    splits |= dict.fromkeys(map(int, tested), Split.TEST)
    examples = [
        TrainingExample(place, _sha(pictures.paths[place]), pictures.paths[place],
                        int(pictures.targets[place]), split)
        for place, split in splits.items()
    ]  # fmt: skip
    examples.sort(key=lambda example: (example.label_index, example.picture, example.split.value))
    labels = tuple(str(label) for label in range(int(pictures.targets.max()) + 1))
    return TrainingSet(labels, tuple(examples))


def outcome(recipe: Recipe, examples: TrainingSet, home: Path) -> Outcome:
    """Train and score; features that `home` keeps already are not computed again."""
    began, trained = clocks(), (0.0, 0.0)
    finished: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for event in train_and_score(recipe, examples, folder=Path(folder) / "out", home=home):
            if event.kind == "epoch":
                trained = since(began)
            finished = event.data
    return Outcome(float(finished["test_accuracy"]), *trained)


def clocks() -> tuple[float, float]:
    """Seconds on the wall's clock, and those that processors worked for this process."""
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> tuple[float, float]:
    """Seconds that went by on both clocks."""
    wall, processor = clocks()
    return wall - began[0], processor - began[1]


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
