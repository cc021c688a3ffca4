"""How near the cost that is told before Train comes to what the run then takes.

    python -m benchmarks.cost_estimate SETS [--per-class 50]

For each recipe, in a home of its own: told, taken, their quotient, and the seconds that measuring
took. Nothing else should run on the machine meanwhile. `SETS` is a folder with `flowers5`.
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
    chosen = parser.parse_args()
    found = examples(read_set(chosen.sets / "flowers5"), chosen.per_class)
    print(f"{'recipe':12} {'told':>8} {'taken':>8} {'quotient':>9} {'measuring':>10}")
    for name, recipe in recipes(len(found.of(Split.TRAIN))).items():
        told, taken, measuring = compared(recipe, found)
        print(f"{name:12} {told:8.1f} {taken:8.1f} {told / taken:9.2f} {measuring:10.1f}")


def recipes(pictures: int) -> dict[str, Recipe]:
    """The presets without early stopping, and a short training of the whole network."""
    plain = {"preset": "custom", "patience": 0}
    made = {
        name: preset(name, DEFAULT_BACKBONE, pictures).with_changes(**plain) for name in PRESETS
    }
    return {**made, "all": made["quick"].with_changes(learning="all", epochs=4, batch_size=16)}


def compared(recipe: Recipe, found: TrainingSet) -> tuple[float, float, float]:
    """(seconds told, seconds taken, seconds that measuring took)."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        *_, told = estimate(recipe, found, home)
        began = time.perf_counter()
        for _ in train_and_score(recipe, found, folder=home / "classifier", home=home):
            pass
        taken = time.perf_counter() - began
    return told.data["total_seconds"], taken, told.data["seconds"]


def examples(pictures: PictureSet, per_class: int) -> TrainingSet:
    """So many per class to learn from; the others to check and to score, in turns."""
    training, rest = pictures.draw(per_class, seed=0)
    places = [(place, Split.TRAIN) for place in training]
    places += [(p, (Split.VALIDATION, Split.TEST)[n % 2]) for n, p in enumerate(rest)]
    made = [
        TrainingExample(
            number,
            hashlib.sha256(pictures.paths[place].read_bytes()).hexdigest(),
            pictures.paths[place],
            int(pictures.targets[place]),
            split,
        )
        for number, (place, split) in enumerate(places, start=1)
    ]
    made.sort(key=lambda one: (one.target, one.picture))
    labels = tuple(str(label) for label in range(int(pictures.targets.max()) + 1))
    return TrainingSet(labels, tuple(made))


if __name__ == "__main__":
    main()
