"""A picture in four colours, and whether another one shows the same."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 40), (40, 50, 210)


def quarters(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Red above left, green above right, blue below left, white below right."""
    width, height = size
    image = Image.new("RGB", size, "white")
    image.paste(RED, (0, 0, width // 2, height // 2))
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    return image


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    w, h = image.size
    at = [(w // 4, h // 4), (3 * w // 4, h // 4), (w // 4, 3 * h // 4), (3 * w // 4, 3 * h // 4)]
    return [image.getpixel(point) for point in at]  # type: ignore[misc]


Colours = list[tuple[int, ...]]


def assert_close(colours: Colours, wanted: Colours, within: int = 12) -> None:
    assert np.abs(np.array(colours) - np.array(wanted)).max() <= within, colours


FOUR = [RED, GREEN, BLUE, (255, 255, 255)]
