"""The mean of the epochs beside the best epoch alone, on small picture sets, one run.

    python -m benchmarks.averaging --data DATA [--per-class 20] [--seeds 2] [--strategies last]

For every set, seed and strategy the same training twice, with the same pictures, seed and curves:
once with the mean of the weights from the best epoch on, once with the best epoch alone. Both are
scored on all pictures that were not drawn. The table has the means over the seeds; the last line
is the mean gain over all trainings with its standard error. `--out FILE` keeps every line, and a
second call goes on where the first was ended.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.journal import Journal
from benchmarks.picture_sets import CLASSIFICATION_SETS, unsplit
from benchmarks.strategy_grid import outcome, training_set
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.weights import load_backbone
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.recipe.advice import recipe_for
from tlcore.training.recipe.strategies import STRATEGIES


def both(strategy: str, backbone: str, examples: TrainingSet, seed: int) -> dict[str, float]:
    """Accuracies on the test pictures: of the mean of the weights, and of the best epoch."""
    names = [stage.name for stage in stages(load_backbone(backbone).module)]
    recipe = recipe_for(strategy, backbone, names, examples.counts["train"])
    accuracies = {}
    with tempfile.TemporaryDirectory() as home:
        for name, average in (("mean", True), ("best", False)):
            variant = recipe.with_changes(seed=seed, average=average, preset="custom")
            accuracies[name] = outcome(variant, examples, Path(home)).accuracy
    return accuracies


def run(options: argparse.Namespace, journal: Journal) -> list[dict[str, Any]]:
    """A row for every set, strategy and seed; what is in the journal is not done again."""
    rows = []
    for name in options.sets:
        pictures = unsplit(options.data / name)
        for seed in range(options.seeds):
            examples = training_set(pictures, options.per_class, seed, len(pictures.paths))
            for strategy in options.strategies:
                key = {"backbone": options.backbone, "set": name, "seed": seed,
                       "strategy": strategy, "per_class": options.per_class}  # fmt: skip
                row = journal.find(**key)
                if row is None:
                    accuracies = both(strategy, options.backbone, examples, seed)
                    row = journal.add({**key, **accuracies})
                    print(json.dumps(row), flush=True)
                rows.append(row)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Means over seeds as Markdown, and the gain over all."""
    lines = ["| set | strategy | best epoch | mean of epochs | gain |", "|---|---|---:|---:|---:|"]
    for name, strategy in dict.fromkeys((row["set"], row["strategy"]) for row in rows):
        group = [row for row in rows if (row["set"], row["strategy"]) == (name, strategy)]
        best, mean = (
            100 * float(np.mean([row[kept] for row in group])) for kept in ("best", "mean")
        )
        lines.append(f"| {name} | {strategy} | {best:.1f} | {mean:.1f} | {mean - best:+.1f} |")
    gains = 100 * np.array([row["mean"] - row["best"] for row in rows])
    error = gains.std(ddof=1) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
    gain = f"{gains.mean():+.1f} points (standard error {error:.1f}, worst {gains.min():+.1f})"
    return "\n".join([*lines, f"\nThe mean gains {gain} over {len(gains)} trainings."])


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.averaging")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--backbone", default=DEFAULT_BACKBONE)
    parser.add_argument("--sets", nargs="+", default=list(CLASSIFICATION_SETS))
    parser.add_argument("--strategies", nargs="+", choices=list(STRATEGIES), default=["last"])
    parser.add_argument("--per-class", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--out", type=Path, help="a file of lines, to go on from")
    options = parser.parse_args()
    print(table(run(options, Journal(options.out))))


if __name__ == "__main__":
    main()
