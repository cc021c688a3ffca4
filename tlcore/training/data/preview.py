"""Small pictures of changed views, for pages. Without torch: the server makes them itself."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from tlcore.images.decode import decode
from tlcore.images.reduction import reduce
from tlcore.training.data.augmentation import Augmentation
from tlcore.training.data.pixel_ops import Pixels

SIDE = 144
BLEND = 0.6  # share of the first picture in a preview of blending


def view_pictures(
    copy: bytes, picture: str, augmentation: Augmentation, views: Sequence[int], side: int = SIDE
) -> list[bytes]:
    """The views of a working copy (its bytes; `picture` is its hash) as JPEGs.

    They are the pixels that training sees, made smaller: the longer side has `side` pixels at most.
    Raises PictureRefused.
    """
    rgb = np.asarray(decode(copy), dtype=np.uint8)
    return [_small(augmentation.apply(rgb, picture, view), side) for view in views]


def blended_pictures(first: bytes, second: bytes, side: int = SIDE) -> tuple[bytes, bytes]:
    """Two working copies blended in the shares 60 : 40, as mixup and as cutmix, as JPEGs.

    Raises PictureRefused.
    """
    own, other = (_square(decode(copy), side) for copy in (first, second))
    mixed = BLEND * own + (1 - BLEND) * other
    pasted = own.copy()
    start = side - round(side * (1 - BLEND) ** 0.5)
    pasted[start:, start:] = other[start:, start:]
    return _jpeg(Image.fromarray(mixed.round().astype(np.uint8))), _jpeg(Image.fromarray(pasted))


def _square(image: Image.Image, side: int) -> Pixels:
    """The middle of a picture, `side` × `side`."""
    shorter = min(image.size)
    left, top = (image.width - shorter) // 2, (image.height - shorter) // 2
    box = (left, top, left + shorter, top + shorter)
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, box=box))


def _small(rgb: Pixels, side: int) -> bytes:
    return _jpeg(reduce(Image.fromarray(rgb), side))


def _jpeg(image: Image.Image) -> bytes:
    with io.BytesIO() as file:
        image.save(file, "JPEG", quality=88, subsampling=0)
        return file.getvalue()
