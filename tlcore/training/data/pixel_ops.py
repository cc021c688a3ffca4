"""Single changes to the pixels of a picture, each with its amount given. It draws no chances."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

Pixels = NDArray[np.uint8]

SMALLEST_CROP = 0.6
WIDEST_ASPECT = 4 / 3
SMALLEST_PATCH, LARGEST_PATCH = 0.02, 0.25
WIDEST_PATCH = 2.5
BYTE = 256


def crop(rgb: Pixels, area: float, aspect: float, left: float, top: float) -> Pixels:
    """Cut out a rectangle of 60–100 % of the area; the four numbers are uniform in 0–1.

    Its aspect is up to 4:3 off the picture's own (after Szegedy et al. 2015, gentler).
    """
    height, width = rgb.shape[:2]
    share = SMALLEST_CROP + (1 - SMALLEST_CROP) * area
    stretch = math.exp((2 * aspect - 1) * math.log(WIDEST_ASPECT) / 2)
    new_width = max(1, min(width, round(width * math.sqrt(share) * stretch)))
    new_height = max(1, min(height, round(height * math.sqrt(share) / stretch)))
    x = int(left * (width - new_width + 1))
    y = int(top * (height - new_height + 1))
    return rgb[y : y + new_height, x : x + new_width]


def turn(rgb: Pixels, degrees: float) -> Pixels:
    """Turn about the middle, anticlockwise, within the same frame (H, W, 3).

    The corners that come into view are the picture mirrored at its edge: black corners would tell
    the network that a picture was turned.
    """
    height, width = rgb.shape[:2]
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    across = _margin(width * cosine + height * sine, width)
    down = _margin(width * sine + height * cosine, height)
    padded = np.pad(rgb, ((down, down), (across, across), (0, 0)), mode="symmetric")
    turned = Image.fromarray(padded).rotate(degrees, Image.Resampling.BILINEAR)
    return np.asarray(turned)[down : down + height, across : across + width]


def _margin(needed: float, there: int) -> int:
    return max(0, math.ceil((needed - there) / 2)) + 1


def colours(rgb: Pixels, brightness: float, contrast: float, saturation: float) -> Pixels:
    """Multiply brightness, contrast and saturation; 1 leaves each as it is (Pillow's enhancers)."""
    image = Image.fromarray(rgb)
    if brightness != 1.0:
        image = ImageEnhance.Brightness(image).enhance(brightness)
    if contrast != 1.0:
        image = ImageEnhance.Contrast(image).enhance(contrast)
    if saturation != 1.0:
        image = ImageEnhance.Color(image).enhance(saturation)
    return np.asarray(image)


def shift_hue(rgb: Pixels, turns: float) -> Pixels:
    """Move every hue by `turns` of the colour circle (as torchvision's `adjust_hue`)."""
    hue, saturation, value = Image.fromarray(rgb).convert("HSV").split()
    moved = hue.point([(level + round(turns * BYTE)) % BYTE for level in range(BYTE)])
    return np.asarray(Image.merge("HSV", (moved, saturation, value)).convert("RGB"))


def erase(rgb: Pixels, area: float, aspect: float, left: float, top: float) -> Pixels:
    """Cover a rectangle of 2–25 % of the area with the picture's mean colour.

    The four numbers are uniform in 0–1 (after Zhong et al. 2020, who cover up to 40 %).
    """
    height, width = rgb.shape[:2]
    share = SMALLEST_PATCH + (LARGEST_PATCH - SMALLEST_PATCH) * area
    stretch = math.exp((2 * aspect - 1) * math.log(WIDEST_PATCH) / 2)
    across = max(1, min(width, round(width * math.sqrt(share) * stretch)))
    down = max(1, min(height, round(height * math.sqrt(share) / stretch)))
    x = int(left * (width - across + 1))
    y = int(top * (height - down + 1))
    covered = rgb.copy()
    covered[y : y + down, x : x + across] = rgb.mean(axis=(0, 1)).round().astype(np.uint8)
    return covered
