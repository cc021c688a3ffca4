"""Keeps what frozen stages say about pictures: asks the feature store, computes what is missing."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from torch import Tensor, nn

from tlcore.backbones.cut.cut import Cut, CutImpossible
from tlcore.backbones.cut.ladder import ladder
from tlcore.backbones.engines.precision import choose_precision
from tlcore.backbones.features.extract import Picture, extract
from tlcore.backbones.features.store import FeatureKey, FeatureStore, Shelf
from tlcore.images.pixels import load_rgb
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check
from tlcore.training.data.augmentation import Augmentation
from tlcore.training.data.pixel_ops import Pixels
from tlcore.training.data.training_set import TrainingExample
from tlcore.training.inputs.assembly import Assembly
from tlcore.workspace.paths import Layout


class Keeping:
    """The shelves of one training. They stay pinned until `close`."""

    def __init__(self, assembly: Assembly, home: Path, stop: Stop):
        self.assembly = assembly
        self.stop = stop
        self._layout = Layout(home)
        self._store = FeatureStore(self._layout.features)
        self._shelves: dict[FeatureKey, Shelf] = {}
        self._ladders: dict[tuple[int, ...], nn.Module] = {}

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
        fingerprint = self.assembly.fingerprint(cut.stage_index)
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
        lower: Sequence[Cut] = (),
    ) -> Generator[Event, None, None]:
        """Compute what the shelf lacks, telling `progress` with `doing`. Raises Stopped.

        What the same pictures say at `lower` cuts, which are wanted later, is kept on the way.
        """
        by_picture = {one.picture: one for one in examples}
        missing = shelf.missing(list(by_picture))
        if not missing:
            return
        below = [(one, self.shelf(one, augmentation.view_name(view), precision)) for one in lower]
        lacking = [(one, its) for one, its in below if its.missing(missing)]
        looking = self._looking(tuple(one for one, _ in lacking), cut)
        shelves = [*lacking, (cut, shelf)] if looking is not cut.prefix else [(cut, shelf)]
        looked = extract(
            looking,
            [Picture(one, by_picture[one].path) for one in missing],
            self.assembly.preprocessing,
            Shelves(shelves),
            precision=precision,
            read=lambda one: self.pixels(by_picture[one.sha], augmentation, view),
            stop=self.stop,
        )
        for done, total in looked:
            yield Event("progress", {"doing": doing, "done": done, "total": total})
        check(self.stop)

    def _looking(self, lower: tuple[Cut, ...], cut: Cut) -> nn.Module:
        """What computes all of these cuts in one pass; `cut` alone where that is not possible."""
        key = (*(one.stage_index for one in lower), cut.stage_index)
        if key not in self._ladders:
            module = self.assembly.backbone.module
            try:
                self._ladders[key] = ladder(module, (*lower, cut), self.assembly.size)
            except CutImpossible:
                self._ladders[key] = cut.prefix
        return self._ladders[key]

    def new_phase(self) -> None:
        """Cuts of another phase are other cuts."""
        self._ladders.clear()

    def close(self) -> None:
        """Let the shelves go: their space may then be given to others."""
        for shelf in self._shelves.values():
            shelf.close()
        self._shelves.clear()


class Shelves:
    """Several shelves that are filled in one pass; a picture is missing if any of them lacks it."""

    def __init__(self, shelves: Sequence[tuple[Cut, Shelf]]):
        self.shelves = shelves

    def missing(self, pictures: Sequence[str]) -> list[str]:
        """Those of `pictures` (hashes) that some shelf lacks, in order, each once."""
        lacking = {one for _, shelf in self.shelves for one in shelf.missing(pictures)}
        return [one for one in dict.fromkeys(pictures) if one in lacking]

    def add(self, pictures: Sequence[str], tensors: Sequence[Tensor]) -> None:
        """Keep the tensors (N, …) of all cuts, one cut's after the other's."""
        remaining = list(tensors)
        for cut, shelf in self.shelves:
            count = len(cut.kept_shapes)
            own, remaining = remaining[:count], remaining[count:]
            lacking = set(shelf.missing(pictures))
            rows = [row for row, picture in enumerate(pictures) if picture in lacking]
            if len(rows) == len(pictures):
                shelf.add(pictures, own)
            elif rows:
                shelf.add([pictures[row] for row in rows], [one[rows] for one in own])

    def flush(self) -> None:
        """Write what waits in memory."""
        for _, shelf in self.shelves:
            shelf.flush()
