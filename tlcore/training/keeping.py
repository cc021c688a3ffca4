"""Keeps what frozen stages say about pictures: asks the feature store, computes what is missing."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from tlcore.backbones.cut import Cut
from tlcore.backbones.extract import Picture, extract
from tlcore.backbones.features import FeatureKey, FeatureStore, Shelf
from tlcore.backbones.precision import choose_precision
from tlcore.images.pixels import load_rgb
from tlcore.jobs.events import Event
from tlcore.training.assembly import Assembly
from tlcore.training.augment import Augmentation
from tlcore.training.examples import TrainingExample
from tlcore.training.pixel_changes import Pixels
from tlcore.training.stopping import Stop, check
from tlcore.workspace.paths import Layout


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

    def pixels(self, example: TrainingExample, augmentation: Augmentation, view: int) -> Pixels:
        """A view of a picture as the backbone wants it: (3, H, W), 0–255."""
        rgb = augmentation.apply(load_rgb(example.path), example.picture, view)
        return self.assembly.preprocessing.picture(rgb)

    def fill(
        self,
        shelf: Shelf,
        cut: Cut,
        examples: Sequence[TrainingExample],
        augmentation: Augmentation,
        view: int,
        precision: str,
        doing: str,
    ) -> Generator[Event, None, None]:
        """Compute what the shelf lacks, telling `progress` with `doing`. Raises Stopped."""
        by_picture = {one.picture: one for one in examples}
        if not shelf.missing(list(by_picture)):
            return
        looked = extract(
            cut.prefix,
            [Picture(one.picture, one.path) for one in by_picture.values()],
            self.assembly.preprocessing,
            shelf,
            precision=precision,
            read=lambda one: self.pixels(by_picture[one.sha], augmentation, view),
            stop=self.stop,
        )
        for done, total in looked:
            yield Event("progress", {"doing": doing, "done": done, "total": total})
        check(self.stop)

    def close(self) -> None:
        """Let the shelves go: their space may then be given to others."""
        for shelf in self._shelves.values():
            shelf.close()
        self._shelves.clear()
