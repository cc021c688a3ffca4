"""A race as the train page runs it, on photographs: what does the borrowed network bring?

    python -m benchmarks.race --data DATA --weights WEIGHTS [--kind scratch] [--repeats 3]

MobileNetV2 on 50 pictures per class of flowers5, tested on its 250 validation pictures, with the
draft that `--preset` names. Every training begins with nothing kept. Prints a line for each
training, then the verdict's gap in points with its interval, and the words that the page shows.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

from benchmarks.picture_sets import read_set
from benchmarks.strategy_grid import training_set
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.weights import load_backbone
from tlcore.results.compare.verdict import scores_of, verdict
from tlcore.results.score.predictions import PREDICTIONS_NAME, Predictions, read_predictions
from tlcore.results.score.scoring import train_and_score
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.recipe.lanes import RACE_KINDS, Lane, lanes_of, running_order
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

NAME = "mobilenetv2_100"
PER_CLASS = 50


def main() -> None:
    """Run the race and print its verdict."""
    options = _options()
    os.environ["GRAFT_WEIGHTS"] = str(options.weights)
    pictures = training_set(read_set(options.data / "flowers5"), PER_CLASS, seed=0)
    learning = len(pictures.of(Split.TRAIN))
    draft = preset(options.preset, NAME, learning)
    if options.epochs:
        head = min(draft.head_epochs, options.epochs - 1)
        draft = draft.with_changes(preset="custom", epochs=options.epochs, head_epochs=head)
    names = [stage.name for stage in stages(load_backbone(NAME).module)]
    order = running_order(lanes_of(options.kind, draft, names, learning), options.repeats)
    predictions: dict[str, list[Predictions]] = {}
    seconds: dict[str, list[float]] = {}
    for lane in order:
        lane_seconds, lane_predictions = _train(lane, pictures)
        predictions.setdefault(lane.name, []).append(lane_predictions)
        seconds.setdefault(lane.name, []).append(lane_seconds)
    _print_verdict(predictions, seconds)


def _train(lane: Lane, pictures: TrainingSet) -> tuple[float, Predictions]:
    """One training in an empty home: its seconds with scoring, and its predictions."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        seconds = _seconds(lane.recipe, pictures, home)
        predictions = read_predictions(home)
    evaluation = predictions.evaluation("test")
    words = "no test pictures" if evaluation is None else evaluation.words
    print(f"{lane.name}, seed {lane.recipe.seed}: {words}, {seconds:.1f} s", flush=True)
    return seconds, predictions


def _seconds(recipe: Recipe, pictures: TrainingSet, home: Path) -> float:
    """Seconds to train and score; predictions go to `home`."""
    began = time.perf_counter()
    for _ in train_and_score(
        recipe, pictures, folder=home / "out", home=home, predictions=home / PREDICTIONS_NAME
    ):
        pass
    return time.perf_counter() - began


def _print_verdict(
    predictions: dict[str, list[Predictions]], seconds: dict[str, list[float]]
) -> None:
    result = verdict(
        [
            scores_of(lane, runs, "test", sum(seconds[lane]) / len(seconds[lane]))
            for lane, runs in predictions.items()
        ]
    )
    if result is None:
        raise SystemExit("nothing was scored")
    for gap in result.gaps:
        ends = f"{100 * gap.low:.1f} to {100 * gap.high:.1f}"
        print(f"{result.leader.name} before {gap.behind}: {100 * gap.share:.1f} points ({ends})")
    print(result.words)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--kind", choices=[name for name in RACE_KINDS if name != "own"],
                        default="scratch")  # fmt: skip
    parser.add_argument("--preset", choices=list(PRESETS), default="quick")
    parser.add_argument("--epochs", type=int, default=0, help="another length than the preset's")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
