"""How many pages or frames a picture's file has, of which only the first is read."""

from __future__ import annotations

from PIL import Image

from tlcore.images.tiff_pages import TiffPages

IMAGE, EXTENSION = 0x2C, 0x21  # what begins the two kinds of block in a GIF
MOST_STEPS = 300_000  # blocks of a GIF: a file may not hold the reader up


def count_pages(file: Image.Image, data: bytes, tiff: TiffPages) -> int:
    """Pages of a TIFF, or frames of an animation; at least 1.

    Smaller versions and masks of a page are not counted, nor are the further pictures in the JPEGs
    of cameras and in HEIC: they are previews and depths of the first one.
    """
    if file.format == "TIFF":
        return max(1, len(tiff.full))
    if file.format == "GIF":
        return max(1, _gif_frames(data))
    if file.format in ("PNG", "WEBP", "AVIF"):
        return max(1, int(getattr(file, "n_frames", 1)))
    return 1


def _gif_frames(data: bytes) -> int:
    """Frames of a GIF, walking its blocks without decoding; those before what is broken."""
    frames, at, steps = 0, 13, 0
    try:
        at += _palette_bytes(data[10])
        while data[at] in (IMAGE, EXTENSION):
            is_frame = data[at] == IMAGE
            at += 11 + _palette_bytes(data[at + 9]) if is_frame else 2
            while data[at]:
                at += data[at] + 1
                steps += 1
                if steps > MOST_STEPS:
                    return frames + is_frame
            at += 1
            steps += 1
            frames += is_frame
    except IndexError:
        pass
    return frames


def _palette_bytes(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
