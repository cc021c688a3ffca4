"""Pictures with the features and logits that a teacher gave for them, dealt out in batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pretraining.pictures import Pictures
from pretraining.teachers import Targets
from pretraining.views import View, cut, normalise, recolour


@dataclass(frozen=True)
class Shelf:
    """One view of pictures with the targets of one teacher, drawn in proportion to `weight`."""

    teacher: str
    pictures: Pictures
    view: View
    targets: Targets
    weight: float = 1.0


@dataclass(frozen=True)
class Batch:
    """Normalised pictures (B, 3, size, size), labels (B,), features (B, F) and logits (B, C)."""

    teacher: str
    pictures: Tensor
    labels: Tensor
    features: Tensor
    logits: Tensor | None


@dataclass(frozen=True)
class Augment:
    """What happens to a crop before the student sees it."""

    flips: bool = True
    colour: float = 0.2
    mixup: float = 0.0


class Dealer:
    """Deals endless batches from several shelves, each in a new random order in every round."""

    def __init__(
        self, shelves: list[Shelf], batch_size: int, augment: Augment, seed: int, device: str
    ) -> None:
        self.shelves, self.batch_size, self.augment = shelves, batch_size, augment
        self.device = device
        self.draw = np.random.default_rng(seed)
        self.torch_draw = torch.Generator().manual_seed(seed)
        self.boxes = [shelf.view.boxes(len(shelf.pictures.pixels)) for shelf in shelves]
        self.rounds = [self._round(shelf) for shelf in shelves]
        weights = np.array([shelf.weight for shelf in shelves])
        self.shares = weights / weights.sum()

    def _round(self, shelf: Shelf) -> Iterator[NDArray[np.int64]]:
        """Endless batches of positions (B,) on a shelf, each sorted."""
        places = np.flatnonzero(~shelf.pictures.validation & shelf.targets.described())
        size = min(self.batch_size, len(places))
        while True:
            order = self.draw.permutation(places)
            for first in range(0, len(order) - size + 1, size):
                yield np.sort(order[first : first + size])

    def deal(self, size: int) -> Batch:
        """The next batch at `size` pixels."""
        number = int(self.draw.choice(len(self.shelves), p=self.shares))
        shelf, places = self.shelves[number], next(self.rounds[number])
        flips = torch.rand(len(places), generator=self.torch_draw) < 0.5 * self.augment.flips
        pixels = torch.from_numpy(shelf.pictures.pixels[places]).to(self.device)
        boxes = self.boxes[number][torch.from_numpy(places)].to(self.device)
        crops = cut(pixels, boxes, size, flips=flips.to(self.device))
        crops = recolour(crops, self.augment.colour, self.torch_draw)
        return self._mixed(
            Batch(
                shelf.teacher,
                normalise(crops),
                torch.from_numpy(shelf.pictures.labels[places]).to(self.device),
                _rows(shelf.targets.features, places, self.device),
                None
                if shelf.targets.logits is None
                else _rows(shelf.targets.logits, places, self.device),
            )
        )

    def _mixed(self, batch: Batch) -> Batch:
        """Mixup (Zhang et al. 2018) of neighbours in some batches; their labels are not used."""
        if self.draw.uniform() >= self.augment.mixup:
            return batch
        share = float(self.draw.beta(0.8, 0.8))

        def mix(values: Tensor) -> Tensor:
            return torch.lerp(values.roll(1, 0), values, share)

        return Batch(
            batch.teacher,
            mix(batch.pictures),
            torch.full_like(batch.labels, -1),
            mix(batch.features),
            None if batch.logits is None else mix(batch.logits),
        )


def _rows(values: NDArray[np.float16], places: NDArray[np.int64], device: str) -> Tensor:
    """Rows (B, F) of `values` (N, F) as float32 on a device."""
    return torch.from_numpy(values[places]).to(device).float()
