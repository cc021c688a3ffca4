"""What a drawn leaf lies on, and the paint that both are made of: mixed colours and soft noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

SIDE = 256  # pixels of a finished picture

Pixels = npt.NDArray[np.float32]
Colour = tuple[int, int, int]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """A colour between two: share 0 is the first, 1 the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def shade(colour: Colour, factor: float) -> Colour:
    """A darker colour: factor 0 is black, 1 the colour itself."""
    return mix((0, 0, 0), colour, factor)


def _textured(colour: Colour, texture: Pixels) -> Image.Image:
    """A colour made lighter and darker by `texture` (SIDE, SIDE) around 0."""
    return scaled(Image.new("RGB", (SIDE, SIDE), colour), 1.0 + texture[..., None])


def scaled(image: Image.Image, factor: Pixels) -> Image.Image:
    """The picture times (H, W, 1 or 3), kept between 0 and 255."""
    pixels = np.asarray(image, np.float32) * factor
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def cloud(chance: np.random.Generator, cells: int, depth: float) -> Pixels:
    """Soft noise (SIDE, SIDE) around 0 with `cells` bumps along each side."""
    coarse = chance.standard_normal((cells, cells), np.float32) * depth
    smooth = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float32)


def _wood(chance: np.random.Generator) -> Image.Image:
    colour = mix((176, 132, 88), (112, 76, 48), chance.uniform())
    rows = np.cumsum(chance.normal(0, 1, SIDE))
    rows = (rows - np.convolve(rows, np.ones(30) / 30, "same")) / 4
    wave = np.asarray(cloud(chance, 5, 7.0))
    lines = (np.arange(SIDE)[:, None] + wave).astype(int) % SIDE
    grain = 1 + 0.10 * np.clip(rows[lines], -2, 2) + cloud(chance, 120, 0.04)
    image = scaled(Image.new("RGB", (SIDE, SIDE), colour), grain[..., None].astype(np.float32))
    return image.transpose(Image.Transpose.TRANSPOSE) if chance.uniform() < 0.5 else image


def _paper(chance: np.random.Generator) -> Image.Image:
    colour = mix((244, 240, 230), (206, 210, 216), chance.uniform())
    return _textured(colour, cloud(chance, 4, 0.05) + cloud(chance, 120, 0.02))


def _earth(chance: np.random.Generator) -> Image.Image:
    colour = mix((96, 72, 52), (66, 54, 46), chance.uniform())
    return _textured(
        colour, cloud(chance, 24, 0.16) + cloud(chance, 80, 0.22) + cloud(chance, 128, 0.16)
    )


def _stone(chance: np.random.Generator) -> Image.Image:
    colour = mix((150, 150, 146), (98, 104, 112), chance.uniform())
    return _textured(colour, cloud(chance, 9, 0.12) + cloud(chance, 128, 0.09))


def _cloth(chance: np.random.Generator) -> Image.Image:
    colour = [(78, 98, 138), (150, 84, 84), (196, 176, 140)][int(chance.integers(3))]
    weave = 0.07 * np.sin(np.arange(SIDE) * (2 * np.pi / 4.5))
    checked = (weave[:, None] + weave[None, :]).astype(np.float32)
    return _textured(colour, checked + cloud(chance, 5, 0.12))


def _far_green(chance: np.random.Generator) -> Image.Image:
    small = Image.new("RGB", (64, 64), mix((58, 92, 52), (120, 140, 84), chance.uniform()))
    draw = ImageDraw.Draw(small)
    for _ in range(26):
        x, y, r = chance.uniform(0, 64), chance.uniform(0, 64), chance.uniform(3, 11)
        tone = mix((40, 70, 38), (206, 216, 150), chance.uniform() ** 1.6)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tone)
    soft = small.filter(ImageFilter.GaussianBlur(3))
    return soft.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


GROUNDS: tuple[Callable[[np.random.Generator], Image.Image], ...] = (
    _wood,
    _paper,
    _earth,
    _stone,
    _cloth,
    _far_green,
)
