"""The recommended setting beside an exhaustive grid over strategies, on small picture sets.

    python -m benchmarks.recommend --data DATA [--backbone NAME] [--weights FOLDER] [--seeds 3]

For every set, seed and strategy: one training with that strategy's working defaults, scored on all
pictures that this seed did not draw, which nothing else sees. Beside them the recommendation: the
probe of the stages on the training and validation pictures, then the one training it advises.
Accuracies are means over the seeds; the same draw of pictures serves all strategies. Features are
kept between the trainings of the grid, as Graft keeps them; the recommendation begins with nothing
kept, and its time includes the probe. Times are compared as seconds of processors, which other work
on the machine hardly changes; seconds on the wall's clock are in the lines beside them. `--out
FILE` keeps every line, and a second call goes on where the first was ended.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.journal import Journal
from benchmarks.picture_sets import CLASSIFICATION_SETS, unsplit
from benchmarks.strategy_grid import clocks, outcome, since, training_set
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.quality.probe.measured import StagesProbe
from tlcore.quality.probe.sample import MOST_PICTURES, Sample
from tlcore.quality.probe.tasks import probe_stages
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.recipe.advice import recipe_for, recommend
from tlcore.training.recipe.strategies import STRATEGIES
from tlcore.workspace.records import Split

WITHIN = 0.02  # of the best of the grid
SHARE = 0.2  # of the grid's time


def sample_of(examples: TrainingSet) -> Sample:
    """The pictures that a probe may see, as the pages would choose them."""
    seen = [example for example in examples.labelled if example.split is not Split.TEST]
    turns: dict[int, int] = defaultdict(int)
    ranked = []
    for example in sorted(seen, key=lambda example: example.picture):
        label = example.label_index
        ranked.append((turns[label], label, example))
        turns[label] += 1
    chosen = [example for _, _, example in sorted(ranked, key=lambda row: row[:2])][:MOST_PICTURES]
    per_label = np.bincount(examples.targets(Split.TRAIN))
    return Sample(
        labels=examples.labels,
        hashes=tuple(example.picture for example in chosen),
        paths=tuple(example.path for example in chosen),
        targets=np.array([example.label_index for example in chosen]),
        groups=np.arange(len(chosen)),
        training=examples.counts["train"],
        checking=examples.counts["validation"],
        smallest=int(per_label.min()),
    )


def probed(
    backbone: str, examples: TrainingSet, home: Path
) -> tuple[StagesProbe, tuple[float, float]]:
    """The probe, and the seconds it took, the wall's and the processors'."""
    began = clocks()
    probing = probe_stages(backbone, sample_of(examples), home)
    while True:
        try:
            next(probing)
        except StopIteration as done:
            return done.value, since(began)


def recommended(backbone: str, examples: TrainingSet, key: dict[str, Any]) -> dict[str, Any]:
    """Probe, then train what is advised, with nothing kept from before."""
    with tempfile.TemporaryDirectory() as home:
        probe, spent = probed(backbone, examples, Path(home))
        strategy = recommend(probe).strategy
        names = [stage.name for stage in probe.stages]
        recipe = recipe_for(strategy, backbone, names, probe.training).with_changes(
            seed=key["seed"]
        )
        trained = outcome(recipe, examples, Path(home))
    shares = [round(stage.accuracy, 3) for stage in probe.stages]
    advice = {"advised": strategy, "probe": shares, "probe_seconds": round(spent[0], 2)}
    word = probe.distance.word if probe.distance else None
    ratio = round(probe.distance.ratio, 2) if probe.distance else None
    figures = {
        "accuracy": trained.accuracy,
        "seconds": round(spent[0] + trained.seconds, 2),
        "processor": round(spent[1] + trained.processor, 2),
    }
    return {**key, **figures, **advice, "distance": word, "ratio": ratio}


def run(options: argparse.Namespace, journal: Journal) -> None:
    """Everything that is not in the journal yet."""
    for name in options.sets:
        pictures = unsplit(options.data / name)
        for seed in range(options.seeds):
            examples = training_set(pictures, options.per_class, seed, len(pictures.paths))
            base = {"backbone": options.backbone, "set": name, "seed": seed,
                    "per_class": options.per_class}  # fmt: skip
            key = {**base, "what": "recommended"}
            row = journal.find(**key) or _noted(
                journal, recommended(options.backbone, examples, key)
            )
            stages = [f"{number}" for number in range(len(row["probe"]))]
            _grid(options, journal, examples, base, stages)


def _grid(
    options: argparse.Namespace,
    journal: Journal,
    examples: TrainingSet,
    base: dict[str, Any],
    stages: Sequence[str],
) -> None:
    """Train every strategy in one home, where each may use the features that another kept."""
    training = examples.counts["train"]
    with tempfile.TemporaryDirectory() as home:
        for strategy in options.strategies:
            key = {**base, "what": strategy}
            if journal.find(**key):
                continue
            recipe = recipe_for(strategy, options.backbone, stages, training)
            trained = outcome(recipe.with_changes(seed=base["seed"]), examples, Path(home))
            spent = {
                "seconds": round(trained.seconds, 2), "processor": round(trained.processor, 2)
            }  # fmt: skip
            _noted(journal, {**key, "accuracy": trained.accuracy, **spent})


def _noted(journal: Journal, row: dict[str, Any]) -> dict[str, Any]:
    """The row, printed and kept."""
    print(json.dumps(row), flush=True)
    return journal.add(row)


def table(journal: Journal, options: argparse.Namespace) -> str:
    """Means over seeds as Markdown, and the number of sets where the advice is good enough."""
    chosen = [row for row in journal.rows
              if row["backbone"] == options.backbone and row["per_class"] == options.per_class
              and row["set"] in options.sets and row["seed"] < options.seeds]  # fmt: skip
    columns = [*options.strategies, "recommended"]
    lines = [
        ["set", *columns, "behind the best", "share of the time"],
        ["---"] * (len(columns) + 3),
    ]
    good, took = 0, np.zeros(2)
    for name in options.sets:
        means = {
            what: np.mean([[row["accuracy"], row["processor"]] for row in chosen
                           if row["set"] == name and row["what"] == what] or [[0, 0]], axis=0)
            for what in columns
        }  # fmt: skip
        best = max(means[strategy][0] for strategy in options.strategies)
        spent = sum(means[strategy][1] for strategy in options.strategies)
        behind = best - means["recommended"][0]
        took += (means["recommended"][1], spent)
        good += bool(behind <= WITHIN)
        shares = [f"{100 * means[what][0]:.1f}" for what in columns]
        time_share = f"{means['recommended'][1] / max(spent, 1e-9):.2f}"
        lines.append([name, *shares, f"{100 * behind:+.1f}", time_share])
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    share = took[0] / max(took[1], 1e-9)
    rows.append(f"\nWithin {100 * WITHIN:.0f} points on {good} of {len(options.sets)} sets, "
                f"in {share:.2f} of the grid's time (goal: under {SHARE}).")  # fmt: skip
    return "\n".join(rows)


def main() -> None:
    """Run what is missing, then print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.recommend", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="GRAFT_WEIGHTS, for a backbone from there")
    parser.add_argument("--backbone", default=DEFAULT_BACKBONE)
    parser.add_argument("--sets", nargs="+", default=list(CLASSIFICATION_SETS))
    parser.add_argument("--strategies", nargs="+", default=list(STRATEGIES))
    parser.add_argument("--per-class", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="a file of lines, to go on from")
    options = parser.parse_args()
    if options.weights:
        os.environ["GRAFT_WEIGHTS"] = str(options.weights)
    journal = Journal(options.out)
    run(options, journal)
    print(table(journal, options))


if __name__ == "__main__":
    main()
