"""Changed views of a picture. The same seed, picture and view always give the same pixels."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Pixels = NDArray[np.uint8]

PLAIN = 0
SMALLEST_CROP = 0.6
WIDEST_ASPECT = 4 / 3


class Augmentation(BaseModel):
    """Which changes are allowed. View 0 is always the plain picture."""

    model_config = ConfigDict(frozen=True)

    flips: bool = False
    crops: bool = False
    seed: int = 0

    @property
    def active(self) -> bool:
        return self.flips or self.crops

    def view_name(self, view: int) -> str:
        """A name under which features of this view can be kept: equal names, equal pixels."""
        if view == PLAIN or not self.active:
            return "plain"
        kinds = "-".join(name for name, on in (("flips", self.flips), ("crops", self.crops)) if on)
        return f"{kinds}-{self.seed}-{view}"

    def apply(self, rgb: Pixels, picture: str, view: int) -> Pixels:
        """The view of a picture (H, W, 3): mirrored or not, and a random crop of it.

        The crop holds 60–100 % of the area at an aspect up to 4:3 off the picture's own
        (after Szegedy et al. 2015, gentler).
        """
        if view == PLAIN or not self.active:
            return rgb
        random = np.random.default_rng(self._entropy(picture, view))
        mirrored, area, aspect, left, top = random.random(5)
        if self.crops:
            rgb = _crop(rgb, area, aspect, left, top)
        if self.flips and mirrored < 0.5:
            rgb = rgb[:, ::-1]
        return np.ascontiguousarray(rgb)

    def _entropy(self, picture: str, view: int) -> int:
        text = f"{self.seed}:{picture}:{view}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def _crop(rgb: Pixels, area: float, aspect: float, left: float, top: float) -> Pixels:
    """Cut out a rectangle; the four numbers are uniform in 0–1."""
    height, width = rgb.shape[:2]
    share = SMALLEST_CROP + (1 - SMALLEST_CROP) * area
    stretch = math.exp((2 * aspect - 1) * math.log(WIDEST_ASPECT) / 2)
    new_width = max(1, min(width, round(width * math.sqrt(share) * stretch)))
    new_height = max(1, min(height, round(height * math.sqrt(share) / stretch)))
    x = int(left * (width - new_width + 1))
    y = int(top * (height - new_height + 1))
    return rgb[y : y + new_height, x : x + new_width]
