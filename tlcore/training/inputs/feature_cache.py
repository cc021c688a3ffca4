"""Keeps the features of frozen stages: reads the feature store, computes what is missing in it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from torch import Tensor, nn

from tlcore.backbones.cut.cut import Cut, CutImpossible
from tlcore.backbones.cut.ladder import ladder
from tlcore.backbones.features.extract import Picture, extract
from tlcore.backbones.features.store import FeatureKey, FeatureStore, Shelf
from tlcore.images.pixels import load_rgb
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check
from tlcore.training.data.augmentation import Augmentation
from tlcore.training.data.pixel_ops import Pixels
from tlcore.training.data.training_set import TrainingExample
from tlcore.training.inputs.assembly import Assembly
from tlcore.training.inputs.precisions import Precisions
from tlcore.workspace.paths import Layout


class FeatureCache:
    """The features of one training, on shelves of the store: one for each cut, view and precision.

    Shelves stay pinned, so that nobody else takes their space, until `close` or the end of a
    `with` block.
    """

    def __init__(self, assembly: Assembly, home: Path, stop: Stop):
        self.assembly = assembly
        self.stop = stop
        self.augmentation = Augmentation.of(assembly.recipe)
        layout = Layout(home)
        self.precisions = Precisions(assembly.backbone.module, assembly.size, layout.cache)
        self._store = FeatureStore(layout.features)
        self._shelves: dict[FeatureKey, Shelf] = {}
        self._ladders: dict[tuple[Cut, ...], nn.Module] = {}

    def bytes_on_disk(self, cut: Cut, pictures: int) -> int:
        """What the features of so many pictures at this cut take in the store, in bytes."""
        return self._store.estimate(cut.kept_shapes, pictures)

    def fits(self, needed: int) -> bool:
        """Whether so many bytes may be kept."""
        return self._store.fits(needed)

    def shelf(self, cut: Cut, view: int, precision: str) -> Shelf:
        """Where features of this cut, view and precision are kept."""
        fingerprint = self.assembly.fingerprint(cut.stage_index)
        name = self.augmentation.view_name(view)
        key = FeatureKey(fingerprint, cut.stage_index, name, self.assembly.size, precision)
        if key not in self._shelves:
            self._shelves[key] = self._store.open(key)
        return self._shelves[key]

    def pixels(self, example: TrainingExample, view: int) -> Pixels:
        """A view of a picture as the backbone takes it: uint8 (3, H, W), 0–255."""
        rgb = self.augmentation.apply(load_rgb(example.path), example.picture, view)
        return self.assembly.preprocessing.picture(rgb)

    def fill(
        self,
        cut: Cut,
        examples: Sequence[TrainingExample],
        view: int,
        precision: str,
        doing: str,
        lower: Sequence[Cut] = (),
    ) -> Generator[Event, None, Shelf]:
        """Compute what the shelf of this cut lacks; its value is the shelf.

        Yields `progress` events that say `doing`. The features of the same pictures at `lower`
        cuts, which are wanted later, are kept on the way. Raises Stopped.
        """
        shelf = self.shelf(cut, view, precision)
        by_picture = {example.picture: example for example in examples}
        missing = shelf.missing(list(by_picture))
        if not missing:
            return shelf
        below = [(rung, self.shelf(rung, view, precision)) for rung in lower]
        lacking = [(rung, its_shelf) for rung, its_shelf in below if its_shelf.missing(missing)]
        prefix = self._prefix(tuple(rung for rung, _ in lacking), cut)
        shelves = [*lacking, (cut, shelf)] if prefix is not cut.prefix else [(cut, shelf)]
        computed = extract(
            prefix,
            [Picture(picture, by_picture[picture].path) for picture in missing],
            self.assembly.preprocessing,
            Shelves(shelves),
            precision=precision,
            read=lambda picture: self.pixels(by_picture[picture.sha], view),
            stop=self.stop,
        )
        for done, total in computed:
            yield Event("progress", {"doing": doing, "done": done, "total": total})
        check(self.stop)
        return shelf

    def _prefix(self, lower: tuple[Cut, ...], cut: Cut) -> nn.Module:
        """What computes all of these cuts in one pass; `cut` alone where that is not possible."""
        key = (*lower, cut)
        if key not in self._ladders:
            try:
                module = self.assembly.backbone.module
                self._ladders[key] = ladder(module, key, self.assembly.size)
            except CutImpossible:
                self._ladders[key] = cut.prefix
        return self._ladders[key]

    def close(self) -> None:
        """Let the shelves go: their space may then be given to others."""
        for shelf in self._shelves.values():
            shelf.close()
        self._shelves.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Shelves:
    """Several shelves that are filled in one pass; a picture is missing if any of them lacks it."""

    def __init__(self, shelves: Sequence[tuple[Cut, Shelf]]):
        self.shelves = shelves

    def missing(self, pictures: Sequence[str]) -> list[str]:
        """Those of `pictures` (hashes) that some shelf lacks, in order, each once."""
        lacking = {picture for _, shelf in self.shelves for picture in shelf.missing(pictures)}
        return [picture for picture in dict.fromkeys(pictures) if picture in lacking]

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
                shelf.add([pictures[row] for row in rows], [tensor[rows] for tensor in own])

    def flush(self) -> None:
        """Write what waits in memory."""
        for _, shelf in self.shelves:
            shelf.flush()
