"""Writes the statistics beside a backbone's weights: its mean features of many kinds of things.

    python -m pretraining.statistics --source tiny_imagenet.parquet [--backbone NAME] [--words …]

Graft says with them how far somebody's pictures are from those that the backbone learned from. Run
it again whenever the bundled weights change: statistics of other weights are not used. They are
measured on the pictures of the validation split, which the backbone has not learned from.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.cut.cut import WholeBackbone
from tlcore.backbones.engines.device import device
from tlcore.backbones.features.extract import compute_features
from tlcore.backbones.sources.registry import find
from tlcore.backbones.weights import Backbone, load_backbone
from tlcore.quality.probe.distance import SourceStatistics, digest_of, path_beside, summarise

WORDS = "Tiny ImageNet: photographs of 202 kinds of things"
BATCH = 64


def statistics(
    name: str, weights: Path, source: Path, split: str, per_kind: int, words: str
) -> SourceStatistics:
    """Measure up to `per_kind` pictures of every label in `source` (image, label, name, split)."""
    images, targets, names = read(source, split, per_kind)
    features = np.concatenate(list(_features(load_backbone(name), images)))
    fingerprint = digest_of(weights)
    return summarise(features, targets, names, source=words, fingerprint=fingerprint)


def read(
    source: Path, split: str, per_kind: int
) -> tuple[list[bytes], np.ndarray, tuple[str, ...]]:
    """Encoded pictures, their labels as 0, 1, 2 …, and the first word for each label."""
    table = pq.read_table(source, columns=["image", "label", "name", "split"])
    table = table.filter(np.array(table["split"].to_pylist()) == split)
    labels = np.array(table["label"].to_pylist())
    words = table["name"].to_pylist()
    kinds = np.unique(labels)
    chosen = [np.flatnonzero(labels == kind)[:per_kind] for kind in kinds]
    names = tuple(str(words[places[0]]).split(",")[0].strip() for places in chosen)
    targets = np.repeat(np.arange(len(kinds)), [len(places) for places in chosen])
    rows = np.concatenate(chosen)
    return [table["image"][int(row)].as_py() for row in rows], targets, names


def _features(backbone: Backbone, images: Sequence[bytes]) -> Iterator[np.ndarray]:
    """Pooled features (B, F) of encoded pictures, batch by batch."""
    prefix = WholeBackbone(
        backbone.module.to(device()).to(memory_format=torch.channels_last)
    ).eval()
    for first in range(0, len(images), BATCH):
        opened = [
            Image.open(io.BytesIO(data)).convert("RGB") for data in images[first : first + BATCH]
        ]
        pixels = np.stack([backbone.preprocessing.picture(image) for image in opened])
        (pooled,) = compute_features(prefix, torch.from_numpy(pixels), backbone.preprocessing)
        yield pooled.cpu().numpy()


def main() -> None:
    """Write the file beside the weights and say what is in it."""
    parser = argparse.ArgumentParser("python -m pretraining.statistics", description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="parquet file of pictures")
    parser.add_argument("--backbone", default=DEFAULT_BACKBONE)
    parser.add_argument("--split", default="val")
    parser.add_argument("--per-kind", type=int, default=25)
    parser.add_argument("--words", default=WORDS, help="what the pictures are, for the page")
    options = parser.parse_args()
    began = time.perf_counter()
    weights = find(options.backbone).path
    if weights is None:
        parser.error(f"the weights of {options.backbone} are not on this computer")
    measured = statistics(
        options.backbone, weights, options.source, options.split, options.per_kind,
        options.words,
    )  # fmt: skip
    path = path_beside(weights)
    measured.save(path)
    print(
        f"{path}: {len(measured.names)} kinds, {path.stat().st_size / 1e3:.0f} kB, "
        f"{time.perf_counter() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
