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
LOOKING_AGAIN = "Looking at changed views of your pictures"
BATCH = 32


class Keeping:
    """The shelves of one training. They stay pinned until `close`."""

    def __init__(self, assembly: Assembly, home: Path, stop: Stop):
        self.assembly = assembly
        self.stop = stop
        self._layout = Layout(home)
        self._store = FeatureStore(self._layout.features)
        self._shelves: dict[FeatureKey, Shelf] = {}

    def bytes_on_disk(self, cut: Cut, pictures: int) -> int:
        """What so many pictures at this cut take in the store."""
        return self._store.estimate(cut.kept_shapes, pictures)

    def fits(self, needed: int) -> bool:
        """Whether so many bytes may be kept."""
        return self._store.fits(needed)

    def precision(self, direction: str) -> str:
        """The faster precision for this backbone on this machine, measured once."""
        backbone = self.assembly.backbone
        return choose_precision(backbone.module, self.assembly.size, direction, self._layout.cache)

    def shelf(self, cut: Cut, view: str, precision: str) -> Shelf:
        """Where features of this cut, view and precision are kept."""
        fingerprint = self.assembly.backbone.fingerprint
        key = FeatureKey(fingerprint, cut.stage_index, view, self.assembly.size, precision)
        if key not in self._shelves:
            self._shelves[key] = self._store.open(key)
        return self._shelves[key]

    def pixels(self, example: TrainingExample, augmentation: Augmentation, view: int) -> Tensor:
        """A view of a picture as the backbone wants it: uint8 (3, H, W)."""
        rgb = augmentation.apply(load_rgb(example.path), example.picture, view)
        return torch.from_numpy(self.assembly.preprocessing.picture(rgb))

    def fill(
        self,
        shelf: Shelf,
        cut: Cut,
        examples: Sequence[TrainingExample],
        augmentation: Augmentation,
        view: int,
        precision: str,
    ) -> Generator[Event, None, None]:
        """Compute what the shelf does not hold yet, telling `progress`. Raises Stopped."""
        by_picture = {one.picture: one for one in examples}
        missing = [by_picture[picture] for picture in shelf.missing(list(by_picture))]
        if not missing:
            return
        inputs = PictureInputs(
            lambda index: self.pixels(missing[index], augmentation, view),
            self.assembly.preprocessing.normalise,
            cut.prefix,
            self.assembly.device,
            precision,
        )
        doing = LOOKING_AGAIN if view else LOOKING
        yield Event("progress", {"doing": doing, "done": 0, "total": len(missing)})
        batches = torch.split(torch.arange(len(missing)), BATCH)
        for batch, kept in zip(batches, inputs.batches(batches), strict=True):
            check(self.stop)
            shelf.add([missing[index].picture for index in batch.tolist()], kept)
            done = int(batch[-1]) + 1
            yield Event("progress", {"doing": doing, "done": done, "total": len(missing)})

    def close(self) -> None:
        """Let the shelves go: their space may then be given to others."""
        for shelf in self._shelves.values():
            shelf.close()
        self._shelves.clear()
