"""Looks at a sample of pictures once, and gives what every stage of a backbone says about them."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from tlcore.backbones.cut.cut import WholeBackbone
from tlcore.backbones.cut.stages import Stage
from tlcore.backbones.engines.device import device
from tlcore.backbones.engines.precision import choose_precision
from tlcore.backbones.features.extract import Picture, compute_features, extract, read_picture
from tlcore.backbones.features.store import FeatureKey, FeatureStore, Shelf
from tlcore.backbones.features.view import PLAIN_VIEW
from tlcore.backbones.weights import Backbone, load_backbone
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.quality.features import LOOKING
from tlcore.quality.probe.depth import StageFeatures
from tlcore.quality.probe.probe import Features
from tlcore.quality.probe.sample import Sample
from tlcore.workspace.paths import Layout

EVERY_STAGE = "every stage"  # the view's name on the shelf of what all stages say
TIMED_PICTURES = 16
TIMED_TURNS = 3


@dataclass(frozen=True)
class StageMeasurements:
    """Features (N, F) of every stage from the input up, and what they cost here.

    `seconds` of each stage, and of reading (`decoding`), are for one picture.
    """

    backbone: Backbone
    stages: tuple[Stage, ...]
    features: tuple[Features, ...]
    seconds: tuple[float, ...]
    decoding: float


def measure_stages(
    name: str, pictures: Sample, home: Path, stop: Stop = never
) -> Generator[Event, None, StageMeasurements]:
    """Compute features of every stage of a backbone, or read those that are kept, and time them.

    Yields `progress` events. What the last stage says is also kept where a training of the head
    alone looks for it. Raises UnknownModel, WeightsUnavailable, PictureRefused, WorkspaceError and
    Stopped.
    """
    backbone = load_backbone(name)  # one of its own: hooks on a shared one would hear other tasks
    backbone.module.to(device()).to(memory_format=torch.channels_last)
    staged = StageFeatures(backbone.module).eval()
    layout, size = Layout(home), backbone.preprocessing.input_size
    precision = choose_precision(backbone.module, size, "forward", layout.cache)
    store, count = FeatureStore(layout.features), len(staged.stages)
    wanted = [Picture(*pair) for pair in zip(pictures.hashes, pictures.paths, strict=True)]
    key = FeatureKey(backbone.fingerprint, count, EVERY_STAGE, size, precision)
    with store.open(key) as shelf:
        looked = extract(
            staged, wanted, backbone.preprocessing, shelf, precision=precision, stop=stop
        )
        for done, total in looked:
            if total:
                yield Event("progress", {"doing": LOOKING, "done": done, "total": total})
        check(stop)
        kept = shelf.read(pictures.hashes)
    with store.open(FeatureKey(backbone.fingerprint, count, PLAIN_VIEW, size, precision)) as shelf:
        _share(shelf, pictures.hashes, kept[-1])
    seconds, decoding = _timed(staged, backbone, wanted[:TIMED_PICTURES], precision)
    features = tuple(rows.float().numpy() for rows in kept)
    return StageMeasurements(backbone, staged.stages, features, seconds, decoding)


def seconds_per_picture(backbone: Backbone, pictures: Sample, precision: str) -> float:
    """What reading a picture and looking at it takes here, in seconds, measured on a few now."""
    wanted = [Picture(*pair) for pair in zip(pictures.hashes, pictures.paths, strict=True)]
    pixels, decoding = _read(backbone, wanted[:TIMED_PICTURES])
    best = float("inf")
    for _ in range(TIMED_TURNS):
        began = time.perf_counter()
        (pooled,) = compute_features(
            WholeBackbone(backbone.module), pixels, backbone.preprocessing, precision
        )
        float(pooled.sum())  # waits for a graphics card
        best = min(best, (time.perf_counter() - began) / len(pixels))
    return best + decoding


def _share(shelf: Shelf, hashes: Sequence[str], pooled: torch.Tensor) -> None:
    """Keep pooled features (N, F) for a training too, where it has not computed them itself."""
    missing = set(shelf.missing(hashes))
    places = [place for place, sha in enumerate(hashes) if sha in missing]
    if places:
        shelf.add([hashes[place] for place in places], (pooled[places],))


def _timed(
    staged: StageFeatures, backbone: Backbone, some: Sequence[Picture], precision: str
) -> tuple[tuple[float, ...], float]:
    """Seconds of each stage and of reading, for one picture: the quickest of a few turns.

    What disturbs a machine only ever adds time.
    """
    pixels, decoding = _read(backbone, some)
    turns = []
    for _ in range(TIMED_TURNS):
        staged.forget()
        compute_features(staged, pixels, backbone.preprocessing, precision)
        turns.append([second / staged.pictures for second in staged.seconds])
    best = np.min(np.array(turns), axis=0)
    return tuple(float(second) for second in best), decoding


def _read(backbone: Backbone, some: Sequence[Picture]) -> tuple[torch.Tensor, float]:
    """Pixels (N, 3, H, W) of a few pictures, and the seconds that reading one took."""
    began = time.perf_counter()
    pixels = np.stack([read_picture(picture, backbone.preprocessing) for picture in some])
    return torch.from_numpy(pixels), (time.perf_counter() - began) / len(some)
