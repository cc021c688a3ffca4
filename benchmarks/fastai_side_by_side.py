"""Graft beside fastai: the same backbone, pictures and epochs, in one run, on flowers.

    pip install fastai        # 2.8 or newer, for this benchmark alone
    python -m benchmarks.fastai_side_by_side --data DATA --weights WEIGHTS [--seeds 5] [--quick]

Two comparisons with MobileNetV2 (ImageNet weights with BatchNorm folded in, so its statistics stay
fixed on both sides: fastai's `BnFreeze`), 50 pictures per class of flowers5 to learn from, drawn
anew by each seed, and all the others, 500, to test on:

- fine-tuning in two phases: fastai's `fine_tune(EPOCHS, freeze_epochs=HEAD_EPOCHS)`, head first,
  then all layers with discriminative rates; Graft with as many epochs of each kind, head first,
  then its last stages ("last") or all of them ("two_phase").
- feature extraction: fastai's frozen `fit_one_cycle`, and Graft's frozen strategy; as many epochs.

fastai runs as its documentation advises: `Resize` to 224 px, `aug_transforms`, the default head,
`base_lr` 2e-3, its own normalisation, two loading processes, no validation between epochs. Graft
validates on 15 % of what it may learn from (which fastai learns from too) and keeps its best epoch.
Every run of Graft begins with nothing kept. Seconds are those of training alone: from the pictures
on disk to the trained network, models loaded on both sides. The interval is a paired bootstrap over
seeds and test pictures (seeds drawn first, then pictures; a picture counts in every seed that did
not learn from it). `--out FILE` keeps every training, and a second call goes on where the first was
ended.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.journal import Journal
from benchmarks.picture_sets import PictureSet, unsplit
from benchmarks.strategy_grid import training_set
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.weights import load_backbone
from tlcore.results.score.predictions import PREDICTIONS_NAME, read_predictions
from tlcore.results.score.scoring import train_and_score
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.recipe.advice import recipe_for
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Split

NAME = "mobilenetv2_100"
PER_CLASS = 50
BATCH = 32
RATE = 2e-3  # fastai's base_lr
DRAWS = 10_000
LINE = (
    "| {kind} ({strategy}) | {graft:.1f} | {fastai:.1f} | {gain:+.1f} ({lowest:+.1f}) | "
    "{graft_seconds:.1f} against {fastai_seconds:.1f} | {share:.3f} |"
)
LOADERS = 2  # processes that read pictures for fastai

Hits = Mapping[str, bool]


@dataclass(frozen=True)
class Run:
    """Whether one training was right about each test picture, by its hash, and its seconds."""

    hits: Hits
    seconds: float

    @property
    def accuracy(self) -> float:
        """The share of test pictures that it was right about."""
        return statistics.mean(self.hits.values())


def graft(strategy: str, epochs: int, head_epochs: int, examples: TrainingSet, seed: int) -> Run:
    """One training by Graft from an empty home."""
    names = [stage.name for stage in stages(load_backbone(NAME).module)]
    ready = recipe_for(strategy, NAME, names, examples.counts["train"])
    recipe = ready.with_changes(
        preset="custom", epochs=epochs, seed=seed, patience=0,
        head_epochs=0 if strategy == "frozen" else head_epochs,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        return _graft(recipe, examples, Path(folder))


def _graft(recipe: Recipe, examples: TrainingSet, folder: Path) -> Run:
    """Train and score; the seconds are those up to the last epoch."""
    path = folder / PREDICTIONS_NAME
    seconds, began = 0.0, time.perf_counter()
    for event in train_and_score(
        recipe, examples, folder=folder / "out", home=folder / "home", predictions=path
    ):
        if event.kind == "epoch":
            seconds = time.perf_counter() - began
    scored = [row for row in read_predictions(folder).examples if row.split == "test"]
    hits = {row.picture: int(np.argmax(row.probabilities)) == row.target for row in scored}
    return Run(hits, seconds)


def fastai(kind: str, epochs: int, head_epochs: int, examples: TrainingSet, seed: int) -> Run:
    """One training by fastai on the same training and validation pictures."""
    from fastai.callback.training import BnFreeze
    from fastai.vision.all import CrossEntropyLossFlat, Learner, params, set_seed

    set_seed(seed)
    tested = sorted(examples.of(Split.TEST), key=lambda example: example.picture)
    loaders = _loaders(examples, seed)
    learner = Learner(
        loaders, _network(len(examples.labels)), loss_func=CrossEntropyLossFlat(),
        splitter=lambda module: [params(module[0]), params(module[1])],
        train_bn=False, cbs=[BnFreeze(), _fixed_body()],
    )  # fmt: skip
    began = time.perf_counter()
    with learner.no_bar(), learner.no_logging():
        if kind == "frozen":
            learner.freeze()
            learner.fit_one_cycle(epochs, RATE)
        else:
            learner.fine_tune(epochs - head_epochs, RATE, freeze_epochs=head_epochs)
        seconds = time.perf_counter() - began
        loader = loaders.test_dl([str(example.path) for example in tested])
        labels = learner.get_preds(dl=loader)[0].argmax(1).numpy()
    hits = {
        example.picture: int(label) == example.target
        for example, label in zip(tested, labels, strict=True)
    }
    return Run(hits, seconds)


def _loaders(examples: TrainingSet, seed: int) -> Any:
    """fastai's loaders over all that Graft may learn from; nothing is validated on."""
    import pandas as pd
    from fastai.vision.all import (
        CategoryBlock,
        ColReader,
        DataBlock,
        ImageBlock,
        Normalize,
        Resize,
        aug_transforms,
    )

    learned = [example for example in examples.labelled if example.split is not Split.TEST]
    rows = [{"path": str(example.path), "label": example.label_index} for example in learned]
    prepared = load_backbone(NAME).preprocessing
    return DataBlock(
        blocks=(ImageBlock, CategoryBlock),
        get_x=ColReader("path"),
        get_y=ColReader("label"),
        splitter=lambda table: (list(range(len(table))), []),
        item_tfms=Resize(prepared.input_size[1]),
        batch_tfms=[*aug_transforms(), Normalize.from_stats(prepared.mean, prepared.std)],
    ).dataloaders(pd.DataFrame(rows), bs=BATCH, num_workers=LOADERS, seed=seed)


def _network(labels: int) -> torch.nn.Module:
    """The backbone and fastai's own head."""
    from fastai.vision.learner import apply_init, create_head

    loaded = load_backbone(NAME)
    module: Any = loaded.module
    module.global_pool = torch.nn.Identity()
    head = create_head(loaded.features, labels)
    apply_init(head, torch.nn.init.kaiming_normal_)
    return torch.nn.Sequential(module, head)


def _fixed_body() -> Any:
    """BnFreeze fixes only what does not learn; this fixes the body's statistics for good."""
    from fastai.callback.core import Callback

    class FixedBody(Callback):  # type: ignore[misc]  # fastai carries no types
        def before_train(self) -> None:
            for module in self.learn.model[0].modules():
                if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                    module.eval()

    return FixedBody()


def lower_bound(ours: Sequence[Hits], theirs: Sequence[Hits]) -> tuple[float, float]:
    """Mean difference in points, and the lower end of its 95 % interval (paired bootstrap)."""
    random = np.random.default_rng(0)
    pictures = sorted({picture for hits in ours for picture in hits})
    gains = np.full((len(ours), len(pictures)), np.nan)
    for row, mine, other in zip(gains, ours, theirs, strict=True):
        for place, picture in enumerate(pictures):
            if picture in mine:
                row[place] = float(mine[picture]) - float(other[picture])
    seeds, count = gains.shape
    means = [
        np.nanmean(gains[random.integers(0, seeds, seeds)][:, random.integers(0, count, count)])
        for _ in range(DRAWS)
    ]
    return 100 * float(np.nanmean(gains)), 100 * float(np.quantile(means, 0.025))


@dataclass
class Sides:
    """Both sides on the same pictures; what is in the journal is not done again."""

    pictures: PictureSet
    options: argparse.Namespace
    journal: Journal

    def fastai(self, kind: str, seed: int) -> Run:
        """fastai's run of a kind."""
        epochs, first = self._epochs(kind)
        return self._run(
            "fastai", kind, kind, seed,
            lambda: fastai(kind, epochs, first, self._examples(seed), seed),
        )  # fmt: skip

    def graft(self, kind: str, strategy: str, seed: int) -> Run:
        """Graft's run with a strategy, as many epochs as fastai's kind."""
        epochs, first = self._epochs(kind)
        return self._run(
            "graft", kind, strategy, seed,
            lambda: graft(strategy, epochs, first, self._examples(seed), seed),
        )  # fmt: skip

    def _run(self, side: str, kind: str, what: str, seed: int, train: Callable[[], Run]) -> Run:
        """The run from the journal, or a training that is written there."""
        epochs, first = self._epochs(kind)
        key = {"side": side, "what": what, "seed": seed, "per_class": self.options.per_class,
               "epochs": epochs, "head_epochs": first}  # fmt: skip
        row = self.journal.find(**key)
        if row is None:
            run = train()
            row = self.journal.add({**key, "seconds": run.seconds, "rights": dict(run.hits)})
        return Run(row["rights"], row["seconds"])

    def _examples(self, seed: int) -> TrainingSet:
        return training_set(self.pictures, self.options.per_class, seed, len(self.pictures.paths))

    def _epochs(self, kind: str) -> tuple[int, int]:
        """All epochs of a kind, and those of the head alone."""
        if kind == "frozen":
            return self.options.frozen_epochs, 0
        return self.options.epochs, self.options.head_epochs


def compare(kind: str, strategy: str, sides: Sides) -> dict[str, Any]:
    """Seed after seed, in turns: accuracies, the paired difference, and seconds."""
    ours, theirs = [], []
    for seed in range(sides.options.seeds):
        ours.append(sides.graft(kind, strategy, seed))
        theirs.append(sides.fastai(kind, seed))
        both = {f"Graft ({strategy})": ours[-1], f"fastai ({kind})": theirs[-1]}
        words = (f"{k} {run.accuracy:.1%} in {run.seconds:.1f} s" for k, run in both.items())
        print(f"  seed {seed}: {', '.join(words)}", flush=True)
    gain, lowest = lower_bound([run.hits for run in ours], [run.hits for run in theirs])
    mine, other = (statistics.median(run.seconds for run in runs) for runs in (ours, theirs))
    return {
        "kind": kind, "strategy": strategy, "gain": gain, "lowest": lowest,
        "graft": 100 * statistics.mean(run.accuracy for run in ours),
        "fastai": 100 * statistics.mean(run.accuracy for run in theirs),
        "graft_seconds": mine, "fastai_seconds": other, "share": mine / other,
    }  # fmt: skip


def main() -> None:
    """Run the comparisons and print a table."""
    parser = argparse.ArgumentParser("python -m benchmarks.fastai_side_by_side")
    parser.add_argument("--data", type=Path, required=True, help="folder with flowers5")
    parser.add_argument("--weights", type=Path, required=True, help="folder of ImageNet weights")
    parser.add_argument("--per-class", type=int, default=PER_CLASS)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20, help="of both phases together")
    parser.add_argument("--head-epochs", type=int, default=5)
    parser.add_argument("--frozen-epochs", type=int, default=30)
    parser.add_argument("--strategies", nargs="+", default=["frozen", "last", "two_phase"])
    parser.add_argument("--quick", action="store_true", help="one seed, few epochs: a trial")
    parser.add_argument("--out", type=Path, help="a file of lines, to go on from")
    options = parser.parse_args()
    if options.quick:
        options.seeds, options.epochs, options.head_epochs, options.frozen_epochs = 1, 4, 1, 4
    os.environ["GRAFT_WEIGHTS"] = str(options.weights)
    pictures = unsplit(options.data / "flowers5")
    sides = Sides(pictures, options, Journal(options.out))
    kinds = {
        strategy: "frozen" if strategy == "frozen" else "fine_tune"
        for strategy in options.strategies
    }
    rows = [compare(kind, strategy, sides) for strategy, kind in kinds.items()]
    print("| what | Graft | fastai | difference (95 %: at least) | seconds | share |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for row in rows:
        print(LINE.format(**row))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
