"""Drawn pictures with enough of their own in each that two are never taken for copies."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

LABELS = ("rings", "stripes", "squares")


def draw(label: str, number: int, side: int = 128) -> Image.Image:
    """A pattern in a strong colour on a background of clouds; the same number, the same picture."""
    random = np.random.default_rng([LABELS.index(label), number])
    clouds = sum(
        gaussian_filter(random.normal(size=(side, side, 3)), (spread, spread, 0)) * spread
        for spread in (2, 5, 14)
    )
    pixels = 120 + 32 * np.asarray(clouds)
    rows, columns = np.indices((side, side)) - random.integers(-20, 20, 2)[:, None, None] - side / 2
    width = random.uniform(0.7, 1.3)
    mask = {
        "rings": np.sin(np.hypot(rows, columns) / (3.2 * width)) > 0.2,
        "stripes": np.sin((rows + 0.4 * columns) / (3.2 * width)) > 0.2,
        "squares": (np.abs(rows) < 26 * width) & (np.abs(columns) < 26 * width),
    }[label]
    colour = {"rings": (230, 60, 40), "stripes": (50, 70, 230), "squares": (240, 220, 60)}[label]
    pixels[mask] = 0.35 * pixels[mask] + 0.65 * (np.array(colour) + random.uniform(-25, 25, 3))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = 90, **options: object) -> bytes:
    """The picture as a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def cropped(image: Image.Image, share: float) -> Image.Image:
    """The picture without `share` of its sides, unevenly."""
    width, height = image.size
    left, top = round(0.7 * share * width), round(0.2 * share * height)
    right, bottom = round(0.3 * share * width), round(0.8 * share * height)
    return image.crop((left, top, width - right, height - bottom))
