"""The worker's fast reader of working copies. It imports torch: never import it in the server."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from tlcore.images.decode import decode

try:  # deprecated in torchvision 0.29 and to be removed one day; Pillow then reads everything
    from torchvision.io import ImageReadMode, decode_jpeg
except ImportError:
    decode_jpeg = None

JPEG_BEGINNING = b"\xff\xd8\xff"


def load_rgb(source: Path | str | bytes) -> npt.NDArray[np.uint8]:
    """Read a working copy (a path or its bytes) as pixels (H, W, 3), RGB, 0–255.

    torchvision reads JPEG about twice as fast as Pillow and without Python's lock; all else, and
    what torchvision refuses, goes through `decode`, which raises PictureRefused.
    """
    data = source if isinstance(source, bytes) else Path(source).read_bytes()
    if decode_jpeg is not None and data.startswith(JPEG_BEGINNING) and _is_plain_jpeg(data):
        try:
            raw = torch.frombuffer(bytearray(data), dtype=torch.uint8)
            pixels: Any = decode_jpeg(raw, mode=ImageReadMode.RGB)
        except RuntimeError:  # a JPEG that libjpeg will not read as RGB
            pass
        else:
            return np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())
    return np.asarray(decode(data), dtype=np.uint8)


def _is_plain_jpeg(data: bytes) -> bool:
    """True where the pixels need nothing but decoding, as in every working copy."""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as file:
            return file.mode in ("RGB", "L") and not ({"exif", "icc_profile"} & set(file.info))
    except (OSError, SyntaxError):
        return False
