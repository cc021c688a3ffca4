"""From bytes to a safe RGB picture. It knows nothing of files on a disk, projects or training.

Only seven formats are ever opened, so none of Pillow's rarer readers sees a stranger's bytes. The
size is read from the header: what is over the limit is refused before a pixel is decoded, and of
several frames only the first one is.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass

import pillow_heif
from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from tlcore.errors import PictureRefused
from tlcore.images.colour import to_rgb
from tlcore.images.exif import forget_xmp, orientation

__all__ = ["FORMATS", "MAX_PIXELS", "Decoded", "decode", "decode_with_size"]

pillow_heif.register_heif_opener(thumbnails=False)

# Naming the readers here also loads them once, instead of all of Pillow's at the first odd file.
# Cameras' multi-picture JPEGs (MPO) come through the JPEG reader.
_PLUGINS = (
    JpegImagePlugin.JpegImageFile,
    PngImagePlugin.PngImageFile,
    WebPImagePlugin.WebPImageFile,
    GifImagePlugin.GifImageFile,
    BmpImagePlugin.BmpImageFile,
    TiffImagePlugin.TiffImageFile,
)
FORMATS = (*(str(plugin.format) for plugin in _PLUGINS), "HEIF")
MAX_PIXELS = 100_000_000
LARGE_PIXELS = 24_000_000
# Pillow's own alarm stands at 89 megapixels: it would warn about pictures that are accepted here.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# Decoded one at a time, so that four threads with huge pictures do not fill the memory together.
_one_large_at_a_time = threading.Lock()

READABLE = "Use a JPEG, PNG, WebP, GIF, BMP, TIFF or HEIC picture."
UPRIGHT = {  # EXIF orientation → what turns the stored pixels upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
PICTURE_BEGINNINGS = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
)
OTHER_BEGINNINGS = (  # what people most often drop in by mistake, in words
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip or office file"),
    (b"8BPS", "a Photoshop file"),
    (b"<svg", "an SVG drawing"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
)


@dataclass(frozen=True)
class Decoded:
    """An upright RGB picture, and the width and height in pixels that its file holds."""

    image: Image.Image
    width: int
    height: int


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
    try:
        return _open_and_load(data, max_pixels, at_least)
    except PictureRefused:
        raise
    except UnidentifiedImageError:
        raise _unidentified(data) from None
    except (Image.DecompressionBombError, MemoryError):
        raise _too_large(None, max_pixels) from None
    except Exception as error:  # Pillow's readers raise anything on a damaged file
        raise _damaged(error) from error


def _open_and_load(data: bytes, max_pixels: int, at_least: int | None) -> Decoded:
    with Image.open(io.BytesIO(data), formats=FORMATS) as file:
        width, height = file.size
        if width * height > max_pixels:
            raise _too_large(file.size, max_pixels)
        if at_least is not None:
            _allow_smaller(file, at_least)
        if file.size[0] * file.size[1] > LARGE_PIXELS:
            with _one_large_at_a_time:
                image, turn = _load(file)
        else:
            image, turn = _load(file)
    # TIFF and HEIC are turned upright while they load, so their size is known only afterwards.
    swapped = (image.width > image.height) != (width > height) and image.width != image.height
    if swapped or turn in (5, 6, 7, 8):
        width, height = height, width
    return Decoded(image, width, height)


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


def _unidentified(data: bytes) -> PictureRefused:
    beginning = data[:16].lstrip(b"\xef\xbb\xbf \t\r\n")
    if data.startswith(PICTURE_BEGINNINGS) or data[:4] == b"RIFF" or data[4:8] == b"ftyp":
        if data[4:12] in (b"ftypavif", b"ftypisom", b"ftypmp42", b"ftypqt  "):
            return PictureRefused("This is an AVIF picture or a film.", READABLE, "not_an_image")
        return PictureRefused(
            "The file begins like a picture but is damaged or cut short.",
            "Copy or download it again, then add it again.",
            "unreadable",
        )
    for start, words in OTHER_BEGINNINGS:
        if beginning.lower().startswith(start.lower()):
            return PictureRefused(f"This is {words}, not a picture.", READABLE, "not_an_image")
    return PictureRefused("This is not a picture that can be read.", READABLE, "not_an_image")


def _damaged(error: Exception) -> PictureRefused:
    words = str(error).lower()
    remedy = "Copy or download it again, then add it again."
    if any(sign in words for sign in ("truncated", "unexpected end", "not enough", "end of file")):
        return PictureRefused("The picture is cut short: a part is missing.", remedy, "truncated")
    return PictureRefused("The picture is damaged and cannot be read.", remedy, "unreadable")
