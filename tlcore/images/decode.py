"""From bytes to a safe RGB picture. It knows nothing of files on a disk, projects or training.

Only the formats of `kinds` are ever opened, so none of Pillow's rarer readers sees a stranger's
bytes. The size is read from the header: what is over the limit is refused before a pixel is
decoded, and of several pages or frames only the first one is.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass

from PIL import Image, ImageFile, UnidentifiedImageError

from tlcore.errors import PictureRefused
from tlcore.images.colour import to_rgb
from tlcore.images.exif import forget_xmp, orientation
from tlcore.images.kinds import (
    AGAIN,
    FORMATS,
    formats_of,
    refuse_camera_raw,
    refuse_unidentified,
    unread_tiff,
)
from tlcore.images.page_count import count_pages
from tlcore.images.pillow_messages import silence_pillow
from tlcore.images.tiff_pages import TiffPages, is_whole, read_pages

__all__ = ["FORMATS", "MAX_PIXELS", "Decoded", "decode", "decode_with_size"]

silence_pillow()

MAX_PIXELS = 100_000_000
LARGE_PIXELS = 24_000_000
# Pillow's own alarm stands at 89 megapixels: it would warn about pictures that are accepted here.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Decoded one at a time, so that four threads with huge pictures do not fill the memory together.
_one_large_at_a_time = threading.Lock()

# JPEG 2000 takes 18 bytes of memory a pixel. Pillow reads PPM that is text, or whose brightest
# value is an odd one, in Python: about a second for a million values.
LIMITS = {"JPEG2000": 36_000_000}
SLOW_READERS = ("ppm", "ppm_plain")
SLOW_PIXELS = 8_000_000
UPRIGHT = {  # EXIF orientation → what turns the stored pixels upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Decoded:
    """An upright RGB picture, and the width and height in pixels that its file holds.

    `pages` is how many pages or frames the file has; `image` is the first of them.
    """

    image: Image.Image
    width: int
    height: int
    pages: int = 1


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode a picture to RGB, upright, first frame; transparent parts become white.

    Raises PictureRefused with `reason` empty, not_an_image, truncated, too_large or unreadable.
    """
    return decode_with_size(data, max_pixels=max_pixels).image


def decode_with_size(
    data: bytes, *, max_pixels: int = MAX_PIXELS, at_least: int | None = None
) -> Decoded:
    """Decode as `decode` does, and tell the size in the file.

    With `at_least`, a JPEG may come out smaller than its file says (by 2, 4 or 8, which is much
    quicker), but its longer side is never under that many pixels for this reason.
    """
    if not data:
        raise PictureRefused("The file is empty.", "Copy it again from where it came.", "empty")
    tiff = read_pages(data)
    refuse_camera_raw(data, tiff)
    try:
        return _open_and_load(data, tiff, max_pixels, at_least)
    except PictureRefused:
        raise
    except UnidentifiedImageError:
        raise refuse_unidentified(data, tiff) from None
    except (Image.DecompressionBombError, MemoryError):
        raise _too_large(None, max_pixels) from None
    except Exception as error:  # Pillow's readers raise anything on a damaged file
        if tiff.is_rarely_compressed and is_whole(data, tiff.pages[0]):
            raise unread_tiff() from error
        raise _damaged(error) from error


def _open_and_load(data: bytes, tiff: TiffPages, max_pixels: int, at_least: int | None) -> Decoded:
    with Image.open(io.BytesIO(data), formats=formats_of(data)) as file:
        if tiff.full and tiff.full[0]:  # the pages before it are smaller versions of it
            file.seek(tiff.full[0])
        width, height = file.size
        limit = _limit(file, max_pixels)
        if width * height > limit:
            raise _too_large(file.size, limit)
        if at_least is not None:
            _allow_smaller(file, at_least)
        # An AVIF may hold a larger picture than it says: the reader finds out only by decoding.
        if file.size[0] * file.size[1] > LARGE_PIXELS or file.format == "AVIF":
            with _one_large_at_a_time:
                image, turn = _load(file)
        else:
            image, turn = _load(file)
        pages = count_pages(file, data, tiff)
    # TIFF and HEIC are turned upright while they load, so their size is known only afterwards.
    swapped = (image.width > image.height) != (width > height) and image.width != image.height
    if swapped or turn in (5, 6, 7, 8):
        width, height = height, width
    return Decoded(image, width, height, pages)


def _limit(file: ImageFile.ImageFile, max_pixels: int) -> int:
    """The most pixels of this kind of file: fewer where its reader is slow or takes much memory."""
    is_slow = any(tile[0] in SLOW_READERS for tile in file.tile)
    return min(max_pixels, SLOW_PIXELS if is_slow else LIMITS.get(str(file.format), max_pixels))


def _allow_smaller(file: ImageFile.ImageFile, longer_side: int) -> None:
    """Ask a JPEG for fewer pixels: the decoder then skips the finest waves (libjpeg's scaling)."""
    scale = longer_side / max(file.size)
    if scale < 1:
        wanted = (max(1, round(file.size[0] * scale)), max(1, round(file.size[1] * scale)))
        file.draft(None, wanted)


def _load(file: ImageFile.ImageFile) -> tuple[Image.Image, int]:
    """The first frame in RGB and upright, free of everything else the file says; and its turn."""
    forget_xmp(file)
    file.load()
    turn = orientation(file)
    image = to_rgb(file)
    if turn in UPRIGHT:
        image = image.transpose(UPRIGHT[turn])
    return image, turn


def _too_large(size: tuple[int, int] | None, max_pixels: int) -> PictureRefused:
    shape = f"{size[0]} × {size[1]} pixels" if size else "too large to open"
    return PictureRefused(
        f"The picture is {shape}; the limit is {max_pixels // 1_000_000} megapixels.",
        "Make it smaller with any picture program, then add it again.",
        "too_large",
    )


def _damaged(error: Exception) -> PictureRefused:
    words = str(error).lower()
    if any(sign in words for sign in ("truncated", "unexpected end", "not enough", "end of file")):
        return PictureRefused("The picture is cut short: a part is missing.", AGAIN, "truncated")
    return PictureRefused("The picture is damaged and cannot be read.", AGAIN, "unreadable")
