"""Fresh random crops, never the same twice, for a teacher that looks on while a student learns."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pretraining.pictures import Pictures
from pretraining.sharp import mosaic
from pretraining.views import View, cut, normalise, random_boxes, recolour


@dataclass(frozen=True)
class Source:
    """Pictures, their share of every batch, and how they are shown.

    A crop covers at least `smallest` of the picture. With `mosaic`, pictures of training lie side
    by side at their own scale instead: small pictures are sharp only there.
    """

    pictures: Pictures
    share: float
    smallest: float = 0.35
    mosaic: bool = False


class Crops:
    """Deals endless batches (B, 3, size, size) of normalised crops from several sources."""

    def __init__(
        self, sources: list[Source], batch_size: int, colour: float, seed: int, device: str
    ) -> None:
        self.batch_size, self.colour, self.device = batch_size, colour, device
        self.sources = sources
        self.places = [np.flatnonzero(~source.pictures.validation) for source in sources]
        self.draw = np.random.default_rng(seed)
        self.torch_draw = torch.Generator().manual_seed(seed)

    def deal(self, size: int) -> Tensor:
        """The next batch (B, 3, size, size), normalised: every source has its share of it."""
        total = sum(source.share for source in self.sources)
        counts = [round(self.batch_size * source.share / total) for source in self.sources]
        counts[0] += self.batch_size - sum(counts)
        parts = [
            self._part(source, places, count, size)
            for source, places, count in zip(self.sources, self.places, counts, strict=True)
            if count > 0
        ]
        return normalise(recolour(torch.cat(parts), self.colour, self.torch_draw))

    def _part(self, source: Source, places: NDArray[np.int64], count: int, size: int) -> Tensor:
        """`count` crops (count, 3, size, size) of one source, within 0–1."""
        flips = (torch.rand(count, generator=self.torch_draw) < 0.5).to(self.device)
        if source.mosaic:
            mosaics = [mosaic(source.pictures, size, self.draw) for _ in range(count)]
            pixels, boxes = np.stack(mosaics), View(0, 1.0).boxes(count)
        else:
            chosen = np.sort(self.draw.choice(places, count, replace=count > len(places)))
            pixels = source.pictures.pixels[chosen]
            boxes = random_boxes(self.draw, count, source.smallest)
        on_device = torch.from_numpy(np.ascontiguousarray(pixels)).to(self.device)
        return cut(on_device, boxes.to(self.device), size, flips=flips, mode="bicubic")
