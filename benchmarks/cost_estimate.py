"""How near the cost that is estimated before a training comes to what the training then takes.

    python -m benchmarks.cost_estimate SETS [--per-class 50]

For each recipe, in a home of its own: estimated and measured seconds, their quotient, and the
seconds that estimating took. Nothing else should run on the machine meanwhile. `SETS` is a folder
with `flowers5`.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from pathlib import Path

from benchmarks.picture_sets import PictureSet, read_set
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.results.score.scoring import train_and_score
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.trial.cost import estimate
from tlcore.workspace.records import Split


def main() -> None:
    """Print one line for each recipe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("--per-class", type=int, default=50)
    options = parser.parse_args()
    pictures = examples(read_set(options.sets / "flowers5"), options.per_class)
    print(f"{'recipe':12} {'estimated':>9} {'measured':>8} {'quotient':>9} {'estimating':>10}")
    for name, recipe in recipes(len(pictures.of(Split.TRAIN))).items():
        estimated, measured, estimating = compared(recipe, pictures)
        quotient = estimated / measured
        print(f"{name:12} {estimated:9.1f} {measured:8.1f} {quotient:9.2f} {estimating:10.1f}")


def recipes(pictures: int) -> dict[str, Recipe]:
    """The presets without early stopping, and a short training of the whole network."""
    plain = {"preset": "custom", "patience": 0}
    presets = {
        name: preset(name, DEFAULT_BACKBONE, pictures).with_changes(**plain) for name in PRESETS
    }
    return {
        **presets,
        "all": presets["quick"].with_changes(learning="all", epochs=4, batch_size=16),
    }


def compared(recipe: Recipe, pictures: TrainingSet) -> tuple[float, float, float]:
    """Seconds of the training as estimated and as measured, and those that estimating took."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        *_, cost = estimate(recipe, pictures, home)
        began = time.perf_counter()
        for _ in train_and_score(recipe, pictures, folder=home / "classifier", home=home):
            pass
        measured = time.perf_counter() - began
    return cost.data["total_seconds"], measured, cost.data["seconds"]


def examples(pictures: PictureSet, per_class: int) -> TrainingSet:
    """`per_class` pictures of each label to learn from; the others validate and test, in turns."""
    training, rest = pictures.draw(per_class, seed=0)
    places = [(place, Split.TRAIN) for place in training]
    places += [(p, (Split.VALIDATION, Split.TEST)[n % 2]) for n, p in enumerate(rest)]
    drawn = [
        TrainingExample(
            number,
            hashlib.sha256(pictures.paths[place].read_bytes()).hexdigest(),
            pictures.paths[place],
            int(pictures.targets[place]),
            split,
        )
        for number, (place, split) in enumerate(places, start=1)
    ]
    drawn.sort(key=lambda example: (example.label_index, example.picture))
    labels = tuple(str(label) for label in range(int(pictures.targets.max()) + 1))
    return TrainingSet(labels, tuple(drawn))


if __name__ == "__main__":
    main()
