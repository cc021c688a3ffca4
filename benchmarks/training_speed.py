"""Graft beside the ordinary PyTorch loop: the same network, pictures and epochs, in one run.

    python -m benchmarks.training_speed [--pictures FOLDER] [--count 500] [--epochs 20]

ResNet-18 at 224 px with weights drawn at random: how long it takes does not depend on what they
are. The ordinary loop's time for all epochs is its measured epochs' median times their number.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from safetensors.torch import save_file

from benchmarks.ordinary import PictureFiles, train_epochs
from benchmarks.pictures import load_project
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.weights import load_backbone
from tlcore.images.pixels import load_rgb
from tlcore.training.data.training_set import TrainingSet, from_workspace
from tlcore.training.fit.loop import train
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace import Workspace
from tlcore.workspace.records import Split

NAME = "resnet18"
LEARNED = (Split.TRAIN, Split.VALIDATION)


@dataclass
class Bench:
    """The home, pictures and epochs of every measurement here."""

    home: Path
    folder: Path
    examples: TrainingSet
    epochs: int
    measured: int

    def graft(self, **settings: Any) -> dict[str, Any]:
        """One training by Graft: its summary, with the seconds it took in all."""
        recipe = Recipe(backbone=NAME, epochs=self.epochs, patience=0, **settings)
        start = time.perf_counter()
        last: dict[str, Any] = {}
        for event in train(recipe, self.examples, folder=self.folder / "out", home=self.home):
            last = event.data
        return {**last, "wall": time.perf_counter() - start}

    def ordinary(self, last_stage: bool, precision: str) -> float:
        """Seconds an epoch of the ordinary loop over training and validation pictures."""
        backbone = load_backbone(NAME)
        module = backbone.module.to(memory_format=torch.channels_last)
        names = set(stages(module)[-1].parameter_names) if last_stage else set()
        learning = [p for name, p in module.named_parameters() if name in names]
        chosen = [example for example in self.examples.examples if example.split in LEARNED]
        data = PictureFiles(
            [example.path for example in chosen],
            [example.label_index for example in chosen],
            backbone.preprocessing,
        )
        seconds = train_epochs(
            module,
            learning,
            data,
            len(self.examples.labels),
            epochs=self.measured,
            batch_size=32,
            precision=precision,
        )
        return statistics.median(seconds)

    def one_pass(self, precision: str) -> tuple[float, float]:
        """Seconds to decode and prepare every picture once, and to run the network on all once."""
        backbone = load_backbone(NAME)
        module = backbone.module.to(memory_format=torch.channels_last).eval()
        paths = [example.path for example in self.examples.examples if example.split in LEARNED]
        start = time.perf_counter()
        pictures = np.stack([backbone.preprocessing.picture(load_rgb(path)) for path in paths])
        decoding = time.perf_counter() - start
        start = time.perf_counter()
        with (
            torch.inference_mode(),
            torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"),
        ):
            for batch in torch.split(torch.from_numpy(pictures), 32):
                inputs = backbone.preprocessing.normalise(batch)
                module(inputs.to(memory_format=torch.channels_last))
        return decoding, time.perf_counter() - start


def main() -> None:
    """Measure in a home of its own with random weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--measured", type=int, default=3, help="epochs of the ordinary loop")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights"
        weights.mkdir()
        save_file(timm.create_model(NAME).state_dict(), weights / f"{NAME}.safetensors")
        os.environ["GRAFT_WEIGHTS"] = str(weights)
        workspace = Workspace.open(Path(folder) / "home")
        project = load_project(workspace, options.pictures, options.count)
        examples = from_workspace(workspace, project.id)
        report(Bench(workspace.home, Path(folder), examples, options.epochs, options.measured))


def report(bench: Bench) -> None:
    """Measure everything once, in turn, and print it."""
    count = sum(example.split in LEARNED for example in bench.examples.examples)
    print(f"{NAME} at 224 px, {count} pictures, {bench.epochs} epochs, {os.cpu_count()} cores")
    first = bench.graft(learning="head", head_rate=1e-3)
    precision = first["precision"]
    again = bench.graft(learning="head", head_rate=3e-3)
    decoding, forward = bench.one_pass(precision)
    ordinary = {way: bench.ordinary(False, way) for way in sorted({"float32", precision})}
    last = bench.graft(learning="last")
    ordinary_last = bench.ordinary(True, "float32")
    line("Graft, head only, first run", first["wall"])
    line("Graft, again with another learning rate", again["wall"])
    line("one decoding pass and one forward pass", decoding + forward)
    for way, seconds in ordinary.items():
        line(f"ordinary loop, head only, {way}", seconds * bench.epochs)
    line("Graft, head and last stage, an epoch", epoch_seconds(last, bench.epochs))
    line("ordinary loop, head and last stage, an epoch", ordinary_last)
    print(f"precision chosen here: {precision}")
    print(f"first run, seconds by part: {first['seconds']}")
    ratio("ordinary loop / Graft, float32 loop", ordinary["float32"] * bench.epochs, first["wall"])
    ratio(
        "ordinary loop / Graft, same precision", ordinary[precision] * bench.epochs, first["wall"]
    )
    ratio("Graft / one pass", first["wall"], decoding + forward)
    ratio("second run / first run", again["wall"], first["wall"])
    ratio(
        "last stage: Graft / ordinary, an epoch", epoch_seconds(last, bench.epochs), ordinary_last
    )


def epoch_seconds(summary: dict[str, Any], epochs: int) -> float:
    """Mean seconds of an epoch without what comes before the first."""
    return float(summary["seconds"]["train"]) / epochs


def line(words: str, seconds: float) -> None:
    """Print one measurement."""
    print(f"{words:48s} {seconds:8.2f} s")


def ratio(words: str, first: float, second: float) -> None:
    """Print how many times the second the first is."""
    print(f"{words:48s} {first / second:8.2f} ×")


if __name__ == "__main__":
    main()
