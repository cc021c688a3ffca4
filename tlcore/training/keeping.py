"""Keeps what frozen stages say about pictures: asks the feature store, computes what is missing."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from tlcore.backbones.cut import Cut
from tlcore.backbones.features import FeatureKey, FeatureStore, Shelf
from tlcore.backbones.precision import choose_precision
from tlcore.images.pixels import load_rgb
from tlcore.jobs.events import Event
from tlcore.training.assembly import Assembly
from tlcore.training.augment import Augmentation
from tlcore.training.examples import TrainingExample
from tlcore.training.inputs import PictureInputs
from tlcore.training.stopping import Stop, check
from tlcore.workspace.paths import Layout

LOOKING = "Looking at your pictures once"


class Keeping:
    def __init__(self, assembly: Assembly, home: Path, stop: Stop):
        self.assembly = assembly
        self.layout = Layout(home)
        self.stop = stop
        self.store = FeatureStore(self.layout.features)

    def bytes_of(self, cut: Cut) -> int:
        return 4 * cut.kept_values

    def fits(self, needed: int) -> bool:
        return self.store.fits(needed)

    def precision(self, cut: Cut, direction: str) -> str:
        return choose_precision(
            self.assembly.backbone.module, self.assembly.size, direction, self.layout.cache
        )

    def shelf(self, cut: Cut, view: str, precision: str) -> Shelf:
        return self.store.open(
            FeatureKey(
                self.assembly.backbone.fingerprint,
                cut.stage_index,
                view,
                self.assembly.size,
                precision,
            )
        )

    def pixels(self, example: TrainingExample, augmentation: Augmentation, view: int) -> Tensor:
        rgb = augmentation.apply(load_rgb(example.path), example.picture, view)
        return torch.from_numpy(self.assembly.preprocessing.picture(rgb).copy())

    def fill(
        self,
        shelf: Shelf,
        cut: Cut,
        examples: Sequence[TrainingExample],
        augmentation: Augmentation,
        view: int,
        precision: str,
    ) -> Generator[Event, None, None]:
        missing = set(shelf.missing([one.picture for one in examples]))
        todo = list({one.picture: one for one in examples if one.picture in missing}.values())
        if not todo:
            return
        inputs = PictureInputs(
            lambda i: self.pixels(todo[i], augmentation, view),
            self.assembly.preprocessing.normalise,
            cut.prefix,
            self.assembly.device,
            precision,
        )
        batches = torch.arange(len(todo)).split(32)
        for batch, kept in zip(batches, inputs.batches(batches)):
            check(self.stop)
            shelf.add([todo[i].picture for i in batch], kept)
            yield Event(
                "progress", {"doing": LOOKING, "done": int(batch[-1]) + 1, "total": len(todo)}
            )
