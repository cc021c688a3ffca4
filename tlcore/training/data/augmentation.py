"""Changed views of a picture. The same seed, picture and view always give the same pixels.

It needs no torch, so that the preview on a page is the very view that training sees.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from tlcore.backbones.features.view import PLAIN_VIEW
from tlcore.training.data.pixel_ops import Pixels, colours, crop, erase, shift_hue, turn
from tlcore.training.recipe.recipe import Recipe

Chance = NDArray[np.float64]

PLAIN = 0  # the number of the view that shows a picture as it is
KINDS = (
    "flips", "flips_vertical", "turn", "crops", "brightness", "contrast", "colour", "erasing",
)  # fmt: skip
STRONGEST = 2.0  # brightness, contrast and saturation at full strength: halved to doubled
FULL_HUE = 0.1  # of the colour circle, to either side, at full strength

# Which of a view's random numbers belong to which change. Each has its own, so switching one change
# on or off leaves the others as they were. New ones go at the end.
MIRRORED, UPSIDE_DOWN, TURN, HUE, ERASED = 0, 5, 6, 10, 11
CROP, LOOK, PATCH = slice(1, 5), slice(7, 10), slice(12, 16)
NUMBERS = 16


class Augmentation(BaseModel):
    """Which changes are allowed and how strong, as in `Recipe`. View 0 is always the plain one."""

    model_config = ConfigDict(frozen=True)

    flips: bool = False
    flips_vertical: bool = False
    turn: float = 0.0
    crops: bool = False
    brightness: float = 0.0
    contrast: float = 0.0
    colour: float = 0.0
    erasing: float = 0.0
    seed: int = 0

    @classmethod
    def of(cls, recipe: Recipe) -> Augmentation:
        """The changes that a recipe allows."""
        return cls(seed=recipe.seed, **{kind: getattr(recipe, kind) for kind in KINDS})

    @property
    def active(self) -> bool:
        """Whether any view differs from the plain picture."""
        return any(getattr(self, kind) for kind in KINDS)

    def view_name(self, view: int) -> str:
        """A name under which features of this view can be kept: equal names, equal pixels."""
        if view == PLAIN or not self.active:
            return PLAIN_VIEW
        kinds = ((kind, getattr(self, kind)) for kind in KINDS)
        parts = [kind if value is True else f"{kind}{value!r}" for kind, value in kinds if value]
        return f"{'-'.join(parts)}-{self.seed}-{view}"

    def apply(self, rgb: Pixels, picture: str, view: int) -> Pixels:
        """The view of a picture (H, W, 3), 0–255; `picture` is its hash. The label stays its own.

        First where things are (turned, cropped, mirrored), then how they look, then what is hidden.
        """
        if view == PLAIN or not self.active:
            return rgb
        chance = np.random.default_rng(self._entropy(picture, view)).random(NUMBERS)
        rgb = self._look(self._place(rgb, chance), chance)
        if self.erasing and chance[ERASED] < self.erasing:
            rgb = erase(rgb, *chance[PATCH])
        return np.ascontiguousarray(rgb)

    def _place(self, rgb: Pixels, chance: Chance) -> Pixels:
        if self.turn:
            rgb = turn(rgb, self.turn * (2 * chance[TURN] - 1))
        if self.crops:
            rgb = crop(rgb, *chance[CROP])
        if self.flips and chance[MIRRORED] < 0.5:
            rgb = rgb[:, ::-1]
        if self.flips_vertical and chance[UPSIDE_DOWN] < 0.5:
            rgb = rgb[::-1]
        return rgb

    def _look(self, rgb: Pixels, chance: Chance) -> Pixels:
        """Brightness, contrast and colour; as likely weaker as stronger, and never all black."""
        strengths = (self.brightness, self.contrast, self.colour)
        if not any(strengths):
            return rgb
        factors = STRONGEST ** (np.array(strengths) * (2 * chance[LOOK] - 1))
        rgb = colours(np.ascontiguousarray(rgb), *factors.tolist())
        if self.colour:
            rgb = shift_hue(rgb, FULL_HUE * self.colour * (2 * chance[HUE] - 1))
        return rgb

    def _entropy(self, picture: str, view: int) -> int:
        text = f"{self.seed}:{picture}:{view}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")
