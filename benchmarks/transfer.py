"""How far each backbone carries: a linear probe and fine-tuning with few pictures per class.

    python -m benchmarks.transfer --data DATA --weights WEIGHTS [--fine-tune] [--quick]

Linear probe: frozen features, standardised, logistic regression with C = 0.01. Fine-tuning: a
linear head and all stages learn. Figures are percentages of the test pictures, the mean over the
sets; the interval is that of the mean over the seeds (Student, 95 %), each seed drawing its own
training pictures. The last columns are pictures a second on this machine, decoding not counted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import timm
import torch
from PIL import Image
from safetensors.torch import load_file
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from benchmarks.picture_sets import CLASSIFICATION_SETS, PictureSet, read_set
from tlcore.backbones.preprocessing import Preprocessing

BUNDLED = Path(__file__).resolve().parents[1] / "tlcore" / "backbones" / "bundled"
Pixels = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contender:
    """A backbone to measure: how to build it, and how its pictures are prepared."""

    name: str
    build: Callable[[], nn.Module]
    preprocessing: Preprocessing


def bundled(card: Path, size: int | None) -> list[Contender]:
    """The backbone of a card, and the same architecture with random weights."""
    facts = json.loads(card.read_text(encoding="utf-8"))
    arguments = {"num_classes": 0, **facts.get("model_args", {})}

    def untrained() -> nn.Module:
        torch.manual_seed(0)
        return cast("nn.Module", timm.create_model(facts["timm"], **arguments).eval())

    def trained() -> nn.Module:
        module = untrained()
        state = load_file(card.with_suffix(".safetensors"))
        module.load_state_dict({name: value.float() for name, value in state.items()})
        return module

    side = size or facts["input_size"][1]
    steps = Preprocessing(
        input_size=(3, side, side),
        mean=facts["mean"],
        std=facts["std"],
        interpolation=facts.get("interpolation", "bicubic"),
        crop_pct=facts.get("crop_pct", 1.0),
    )
    return [
        Contender(f"{card.stem} @{side}", trained, steps),
        Contender(f"{facts['timm']} @{side}, random weights", untrained, steps),
    ]


def genuine(folder: Path, size: int | None) -> list[Contender]:
    """Every ImageNet backbone that `weights.json` in `folder` lists."""
    listed = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
    contenders = []
    for name, facts in listed.items():

        def build(name: str = name, facts: dict[str, Any] = facts) -> nn.Module:
            arguments = facts.get("model_args", {})
            classes = facts.get("num_classes", 0)
            module: Any = timm.create_model(facts["timm"], num_classes=classes, **arguments)
            module.load_state_dict(load_file(folder / f"{name}.safetensors"))
            module.reset_classifier(0)
            return cast("nn.Module", module.eval())

        side = size or int(facts.get("input", 224))
        steps = Preprocessing(
            input_size=(3, side, side), mean=facts["mean"], std=facts["std"], crop_pct=1.0
        )
        contenders.append(Contender(f"{name} @{side}, ImageNet", build, steps))
    return contenders


def pixels_of(pictures: PictureSet, preprocessing: Preprocessing) -> Pixels:
    """All pictures of a set, prepared: uint8 (N, 3, side, side)."""

    def prepare(path: Path) -> Pixels:
        with Image.open(path) as picture:
            return preprocessing.picture(picture.convert("RGB"))

    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(prepare, pictures.paths)))


@torch.inference_mode()
def features_of(module: nn.Module, pixels: Pixels, steps: Preprocessing) -> Features:
    """Pooled features (N, F) of prepared pixels."""
    module = module.eval().to(memory_format=torch.channels_last)
    parts = [
        module(_input(steps, pixels[first : first + 32])).float().numpy()
        for first in range(0, len(pixels), 32)
    ]
    return np.concatenate(parts)


def _input(steps: Preprocessing, pixels: Pixels) -> torch.Tensor:
    """Prepared pixels (N, 3, side, side) as a normalised batch of the same shape, float32."""
    batch = steps.normalise(torch.from_numpy(pixels))
    return batch.contiguous(memory_format=torch.channels_last)


def linear_probe(
    features: Features, pictures: PictureSet, training: Places, testing: Places
) -> float:
    """Share of the test pictures that logistic regression on standardised features gets right."""
    scaler = StandardScaler().fit(features[training])
    regression = LogisticRegression(C=0.01, max_iter=1000)
    regression.fit(scaler.transform(features[training]), pictures.targets[training])
    predictions = regression.predict(scaler.transform(features[testing]))
    return float((predictions == pictures.targets[testing]).mean())


def fine_tune(
    contender: Contender,
    pixels: Pixels,
    pictures: PictureSet,
    training: Places,
    testing: Places,
    seed: int,
    steps: int = 120,
) -> float:
    """The same share after all stages have learnt for `steps` batches of 16 pictures."""
    torch.manual_seed(seed)
    draw = np.random.default_rng(seed)
    backbone = contender.build().to(memory_format=torch.channels_last)
    width = features_of(backbone, pixels[:2], contender.preprocessing).shape[1]
    head = nn.Linear(width, int(pictures.targets.max()) + 1)
    rates = [3e-4, 3e-3]
    optimiser = torch.optim.AdamW(
        [
            {"params": module.parameters(), "lr": rate}
            for module, rate in zip((backbone, head), rates, strict=True)
        ],
        weight_decay=0.01,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total_steps=steps)
    for _ in range(steps):
        some = draw.choice(training, min(16, len(training)), replace=False)
        batch = pixels[some] if draw.uniform() < 0.5 else pixels[some][..., ::-1].copy()
        backbone.train()
        logits = head(backbone(_input(contender.preprocessing, batch)))
        loss = nn.functional.cross_entropy(logits, torch.from_numpy(pictures.targets[some]))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    features = torch.from_numpy(features_of(backbone, pixels[testing], contender.preprocessing))
    predictions = head(features).argmax(1).numpy()
    return float((predictions == pictures.targets[testing]).mean())


def pictures_a_second(contender: Contender, seconds: float = 3.0) -> float:
    """Feature extraction alone: batches of 64 prepared pictures, best of several rounds."""
    module = contender.build().eval().to(memory_format=torch.channels_last)
    side = contender.preprocessing.input_size[1]
    batch = torch.randn(64, 3, side, side).contiguous(memory_format=torch.channels_last)
    rounds: list[float] = []
    with torch.inference_mode():
        module(batch)
        while sum(rounds) < seconds or len(rounds) < 5:
            began = time.perf_counter()
            module(batch)
            rounds.append(time.perf_counter() - began)
    return 64 / min(rounds)


def interval(by_seed: Sequence[float]) -> str:
    """Mean and half width of its 95 % interval, in percent."""
    mean = 100 * float(np.mean(by_seed))
    if len(by_seed) < 2:
        return f"{mean:.1f}"
    half = 100 * float(stats.sem(by_seed)) * float(stats.t.ppf(0.975, len(by_seed) - 1))
    return f"{mean:.1f} ± {half:.1f}"


def measure(
    contender: Contender,
    sets: Sequence[PictureSet],
    per_class: Sequence[int],
    seeds: int,
    tuned_seeds: int,
) -> list[str]:
    """One row of the table: probe and fine-tuning for each number of pictures, and the speed."""
    module = contender.build()
    probed: dict[int, list[list[float]]] = {shots: [] for shots in per_class}
    tuned: dict[int, list[list[float]]] = {shots: [] for shots in per_class}
    for pictures in sets:
        pixels = pixels_of(pictures, contender.preprocessing)
        features = features_of(module, pixels, contender.preprocessing)
        for shots in per_class:
            draws = [pictures.draw(shots, seed) for seed in range(seeds)]
            probed[shots].append([linear_probe(features, pictures, *draw) for draw in draws])
            tuned[shots].append(
                [
                    fine_tune(contender, pixels, pictures, *draws[seed], seed)
                    for seed in range(tuned_seeds)
                ]
            )
        shares = ", ".join(f"{s}: {100 * float(np.mean(probed[s][-1])):.1f}" for s in per_class)
        print(f"  {contender.name}, {pictures.name}: {shares}", flush=True)
    row = [interval(np.mean(probed[shots], axis=0)) for shots in per_class]
    if tuned_seeds:
        row += [interval(np.mean(tuned[shots], axis=0)) for shots in per_class]
    return [contender.name, *row, f"{pictures_a_second(contender):.0f}"]


def table(rows: Sequence[Sequence[str]], per_class: Sequence[int], tuned: bool) -> str:
    """The rows as a Markdown table."""
    kinds = ["probe", "fine-tuned"] if tuned else ["probe"]
    heads = ["backbone", *(f"{kind}, {n}" for kind in kinds for n in per_class), "pictures/s"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Measure everything asked for and print the table."""
    parser = argparse.ArgumentParser("python -m benchmarks.transfer", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the picture sets")
    parser.add_argument("--sets", nargs="+", default=list(CLASSIFICATION_SETS))
    parser.add_argument("--weights", type=Path, help="folder of ImageNet weights (weights.json)")
    parser.add_argument("--card", type=Path, nargs="*", default=sorted(BUNDLED.glob("*.json")))
    parser.add_argument("--size", type=int, help="one input size for all, not each its own")
    parser.add_argument("--per-class", type=int, nargs="+", default=[5, 10, 50])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--fine-tune", type=int, default=0, metavar="SEEDS", help="takes long")
    parser.add_argument("--quick", action="store_true", help="two sets, two seeds, no fine-tuning")
    options = parser.parse_args()
    if options.quick:
        options.sets, options.seeds, options.fine_tune = options.sets[:2], 2, 0
    sets = [read_set(options.data / name) for name in options.sets]
    contenders = [c for card in options.card for c in bundled(card, options.size)]
    if options.weights:
        contenders += genuine(options.weights, options.size)
    rows = [
        measure(c, sets, options.per_class, options.seeds, options.fine_tune) for c in contenders
    ]
    print(table(rows, options.per_class, bool(options.fine_tune)))


if __name__ == "__main__":
    main()
