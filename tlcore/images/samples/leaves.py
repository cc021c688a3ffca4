"""Leaves drawn by the program: healthy, spotted, eaten. Every seed gives one leaf, always the same.

What has edges is drawn at twice its size (DRAWN × DRAWN pixels) and then shrunk (SIDE × SIDE),
which makes them smooth. Shapes, colours, backgrounds, light, size and direction vary alike under
all three labels, so that only the spots and the bites tell the labels apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tlcore.images.samples.backdrops import GROUNDS, SIDE, Colour, cloud, mix, scaled, shade

LABELS = ("healthy", "spotted", "eaten")
DRAWN = 2 * SIDE
STEPS = 120  # points along a leaf

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Leaf:
    """A leaf's geometry in drawn pixels: the midrib (STEPS, 2) and both edges (STEPS, 2)."""

    midrib: Points
    left: Points
    right: Points
    length: float

    @property
    def outline(self) -> list[tuple[float, float]]:
        return _path(np.concatenate([self.left, self.right[::-1]]))

    def inside(self, along: float, across: float) -> tuple[float, float]:
        """A point of the blade: `along` from stalk (0) to tip (1), `across` from edge −1 to 1."""
        at = min(int(along * (STEPS - 1)), STEPS - 1)
        edge = self.right[at] if across > 0 else self.left[at]
        x, y = self.midrib[at] + (edge - self.midrib[at]) * abs(across)
        return float(x), float(y)


def draw_leaf(label: str, seed: int) -> Image.Image:
    """One leaf, RGB, 256 × 256 pixels. `label` is one of LABELS."""
    chance = np.random.default_rng([LABELS.index(label), seed])
    leaf = _grow(chance)
    ground = GROUNDS[int(chance.integers(len(GROUNDS)))](chance)
    mask = Image.new("L", (DRAWN, DRAWN))
    ImageDraw.Draw(mask).polygon(leaf.outline, fill=255)
    _draw_stalk(mask, leaf, chance)
    blade = _blade(leaf, chance)
    if label == "spotted":
        blade = _with_spots(blade, leaf, chance)
    if label == "eaten":
        mask, blade = _with_bites(mask, blade, leaf, chance)
    small = mask.resize((SIDE, SIDE), Image.Resampling.BOX)
    picture = _with_shadow(ground, small, chance)
    picture.paste(_mottled(blade.resize((SIDE, SIDE), Image.Resampling.BOX), chance), mask=small)
    return _under_light(picture, chance)


def _grow(chance: np.random.Generator) -> _Leaf:
    """Choose a shape, and lay it into the picture with some bend, at some angle."""
    t = np.linspace(0.0, 1.0, STEPS)
    width = SHAPES[int(chance.integers(len(SHAPES)))](t, chance) * chance.uniform(0.85, 1.15)
    length = DRAWN * chance.uniform(0.66, 0.86)
    bend = chance.uniform(-0.22, 0.22)
    along = np.stack([(t - 0.5) * length, bend * length * (t - 0.5) ** 2], axis=1)
    steps = np.gradient(along, axis=0)
    across = np.stack([-steps[:, 1], steps[:, 0]], axis=1)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    lean = chance.uniform(0.9, 1.1)
    sides = [along - across * (width * lean * length)[:, None],
             along + across * (width / lean * length)[:, None]]  # fmt: skip
    angle = chance.uniform(0, 2 * math.pi)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    middle = DRAWN / 2 + chance.uniform(-0.05, 0.05, 2) * DRAWN
    midrib, left, right = (points @ turn.T + middle for points in (along, *sides))
    return _Leaf(midrib, left, right, length)


def _lance(t: Points, chance: np.random.Generator) -> Points:
    return 0.15 * np.sin(np.pi * t ** chance.uniform(0.75, 0.95)) ** 1.1


def _oval(t: Points, chance: np.random.Generator) -> Points:
    return 0.25 * np.sin(np.pi * t ** chance.uniform(0.7, 0.85)) ** 0.9


def _round(t: Points, chance: np.random.Generator) -> Points:
    pointed = 0.34 * np.sin(np.pi * t ** chance.uniform(0.62, 0.75)) ** 0.72
    return np.asarray(pointed * (1 - 0.25 * np.clip(t - 0.7, 0, None)))


def _toothed(t: Points, chance: np.random.Generator) -> Points:
    teeth = (t * chance.integers(13, 19)) % 1.0
    return np.asarray(_oval(t, chance) * (1 + 0.10 * (teeth - 0.4) * np.sin(np.pi * t)))


def _lobed(t: Points, chance: np.random.Generator) -> Points:
    waves = np.cos(2 * np.pi * (t * chance.uniform(3.2, 4.4) - 0.55))
    broad = 0.27 * np.sin(np.pi * t**1.15) ** 0.62
    return np.asarray(broad * (1 + 0.26 * waves * np.sin(np.pi * t) ** 0.4))


# Each: half the width of a leaf (P,) at the shares (P,) of its length, from stalk 0 to tip 1.
SHAPES: tuple[Callable[[Points, np.random.Generator], Points], ...] = (
    _lance,
    _oval,
    _oval,
    _round,
    _toothed,
    _lobed,
)


def _blade(leaf: _Leaf, chance: np.random.Generator) -> Image.Image:
    """The leaf's skin over the whole picture: two halves in their own light, veins, mottling."""
    green = _green(chance)
    halves = chance.permutation([1.0, chance.uniform(0.82, 0.92)])
    image = Image.new("RGB", (DRAWN, DRAWN), shade(green, 0.9))
    draw = ImageDraw.Draw(image)
    spine = _path(leaf.midrib)[::-1]
    draw.polygon(_path(leaf.left) + spine, fill=shade(green, halves[0]))
    draw.polygon(_path(leaf.right) + spine, fill=shade(green, halves[1]))
    _draw_veins(image, leaf, mix(green, (236, 240, 190), chance.uniform(0.15, 0.42)), chance)
    return image


def _mottled(skin: Image.Image, chance: np.random.Generator) -> Image.Image:
    """No leaf has one green: some patches are paler, darker or more yellow than others."""
    texture = 1 + cloud(chance, 12, 0.09) + cloud(chance, 60, 0.06)
    yellow = np.clip(cloud(chance, 5, 0.10), 0, None)[..., None] * np.array(
        [1.6, 0.7, -0.4], np.float32
    )
    return scaled(skin, texture[..., None] * (1 + yellow))


def _draw_veins(
    image: Image.Image, leaf: _Leaf, colour: Colour, chance: np.random.Generator
) -> None:
    draw = ImageDraw.Draw(image)
    count = int(chance.integers(6, 10))
    rise = chance.uniform(0.10, 0.17)
    for k in range(count):
        start = 0.08 + 0.78 * k / count
        for side in (-1.0, 1.0):
            curve = [
                leaf.inside(min(start + rise * s**1.5, 1.0), side * 0.93 * s)
                for s in np.linspace(0.0, 1.0, 9)
            ]
            draw.line(curve, fill=colour, width=3, joint="curve")
    for at in range(STEPS - 1):
        thick = round(8 * (1 - at / STEPS)) + 2
        draw.line(_path(leaf.midrib[at : at + 2]), fill=colour, width=thick)


def _draw_stalk(mask: Image.Image, leaf: _Leaf, chance: np.random.Generator) -> None:
    """The stalk is a part of the mask; the skin below it has the colour of the leaf."""
    start, towards = leaf.midrib[0], leaf.midrib[0] - leaf.midrib[4]
    towards = towards / np.linalg.norm(towards)
    aside = np.array([-towards[1], towards[0]]) * chance.uniform(-0.25, 0.25)
    s = np.linspace(0.0, 1.0, 8)[:, None]
    curve = start + leaf.length * chance.uniform(0.10, 0.2) * (s * towards + s**2 * aside)
    ImageDraw.Draw(mask).line(_path(curve), fill=255, width=9, joint="curve")


def _with_spots(blade: Image.Image, leaf: _Leaf, chance: np.random.Generator) -> Image.Image:
    """Brown spots with a dark rim and a yellow halo, as leaf-spot fungi make them."""
    halo = Image.new("L", (SIDE, SIDE))
    glow = int(chance.integers(60, 170))
    brown = mix((112, 66, 30), (70, 42, 26), chance.uniform())
    drawn_halo = ImageDraw.Draw(halo)
    spots = []
    for _ in range(int(chance.integers(7, 20))):
        at = leaf.inside(chance.uniform(0.1, 0.88), chance.uniform(-0.8, 0.8))
        size = DRAWN * (0.007 + 0.028 * chance.uniform() ** 1.7)
        spots.append((at, size))
        half = (at[0] * SIDE / DRAWN, at[1] * SIDE / DRAWN)
        drawn_halo.polygon(_blob(half, size * 1.6 * SIDE / DRAWN, 0.2, chance), fill=glow)
    yellow = Image.new("RGB", blade.size, (196, 182, 74))
    soft = halo.filter(ImageFilter.BoxBlur(3)).resize(blade.size, Image.Resampling.BILINEAR)
    blade = Image.composite(yellow, blade, soft)
    draw = ImageDraw.Draw(blade)
    for at, size in spots:
        draw.polygon(_blob(at, size, 0.25, chance), fill=shade(brown, 0.7))
        draw.polygon(_blob(at, size * 0.8, 0.22, chance), fill=brown)
        pale = mix(brown, (186, 156, 116), chance.uniform(0.1, 0.7))
        draw.polygon(_blob(at, size * 0.5, 0.25, chance), fill=pale)
    return blade


def _with_bites(
    mask: Image.Image, blade: Image.Image, leaf: _Leaf, chance: np.random.Generator
) -> tuple[Image.Image, Image.Image]:
    """Bites from the edge and holes within, each with a thin dry rim."""
    holes, rims = Image.new("L", mask.size), Image.new("L", mask.size)
    dry = mix((150, 120, 60), (110, 90, 50), chance.uniform())
    draw_hole, draw_rim = ImageDraw.Draw(holes), ImageDraw.Draw(rims)

    def gnaw(at: tuple[float, float], size: float) -> None:
        for draw, extra in ((draw_hole, 0.0), (draw_rim, 5.0)):
            same = np.random.default_rng(round(at[0] * 1e3) + round(at[1]))
            draw.polygon(_blob(at, size + extra, 0.13, same), fill=255)

    for _ in range(int(chance.integers(2, 5))):
        along, side = chance.uniform(0.12, 0.85), chance.choice([-1.0, 1.0])
        for step in range(int(chance.integers(2, 5))):
            where = min(along + 0.045 * step, 0.97)
            gnaw(leaf.inside(where, side * chance.uniform(0.75, 1.0)),
                 DRAWN * chance.uniform(0.025, 0.06))  # fmt: skip
    for _ in range(int(chance.integers(2, 7))):
        at = leaf.inside(chance.uniform(0.15, 0.8), chance.uniform(-0.65, 0.65))
        gnaw(at, DRAWN * chance.uniform(0.012, 0.036))
    blade = Image.composite(Image.new("RGB", blade.size, dry), blade, rims)
    return ImageChops.subtract(mask, holes), blade


def _with_shadow(
    ground: Image.Image, mask: Image.Image, chance: np.random.Generator
) -> Image.Image:
    """The ground, darker beside the leaf; the shadow is soft and falls anywhere."""
    small = mask.reduce(2)
    angle, far = chance.uniform(0, 2 * math.pi), chance.uniform(1.5, 4.5)
    moved = ImageChops.offset(small, round(far * math.cos(angle)), round(far * math.sin(angle)))
    soft = moved.filter(ImageFilter.GaussianBlur(chance.uniform(1.2, 3.0)))
    strength = chance.uniform(0.35, 0.6)
    shadow = soft.point(lambda value: value * strength).resize(mask.size, Image.Resampling.BILINEAR)
    return Image.composite(Image.new("RGB", ground.size, (16, 16, 20)), ground, shadow)


def _under_light(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Light from one side, its colour and strength, and a little grain of the camera."""
    angle = chance.uniform(0, 2 * math.pi)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    slope = chance.uniform(0.04, 0.2) * (x * math.cos(angle) + y * math.sin(angle))
    warmth = chance.uniform(-0.06, 0.06)
    tint = np.array([1 + warmth, 1.0, 1 - warmth], np.float32) * chance.uniform(0.82, 1.12)
    pixels = np.asarray(image, np.float32) * (1 + slope)[..., None] * tint
    pixels += chance.standard_normal((SIDE, SIDE, 1), np.float32) * chance.uniform(1.0, 3.5)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _green(chance: np.random.Generator) -> Colour:
    fresh = mix((74, 122, 50), (140, 152, 66), chance.uniform())
    return mix(fresh, (48, 88, 56), chance.uniform(0, 0.8))


def _blob(
    at: tuple[float, float], size: float, uneven: float, chance: np.random.Generator
) -> list[tuple[float, float]]:
    """A rounded patch: a circle whose radius wavers."""
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    waves = sum(
        chance.normal(0, uneven / k) * np.cos(k * angle + chance.uniform(0, 6.3)) for k in (2, 3, 5)
    )
    radius = size * (1 + waves)
    return _path(np.stack([at[0] + radius * np.cos(angle), at[1] + radius * np.sin(angle)], axis=1))


def _path(points: Points) -> list[tuple[float, float]]:
    """Points (P, 2) as Pillow takes them."""
    return [(float(x), float(y)) for x, y in points]
