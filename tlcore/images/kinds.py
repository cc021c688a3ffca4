"""Which kind of file some bytes are: the readers that may open them, and words for the others.

Only these readers of Pillow's ever see a stranger's bytes, and those of kinds without a mark of
their own (PPM, TGA) only what has their whole header. It knows nothing of pixels.
"""

from __future__ import annotations

import re

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TgaImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from tlcore.errors import PictureRefused
from tlcore.images.tiff_pages import BEGINNINGS as TIFF_BEGINNINGS
from tlcore.images.tiff_pages import TiffPages, is_whole

pillow_heif.register_heif_opener(thumbnails=False)

# Naming the readers here also loads them once, instead of all of Pillow's at the first odd file.
# Cameras' multi-picture JPEGs (MPO) come through the JPEG reader. AVIF stands before HEIF, since
# both may begin with the same brand and only AVIF's reader looks further before it accepts one.
_MARKED = (
    JpegImagePlugin.JpegImageFile,
    PngImagePlugin.PngImageFile,
    WebPImagePlugin.WebPImageFile,
    GifImagePlugin.GifImageFile,
    BmpImagePlugin.BmpImageFile,
    TiffImagePlugin.TiffImageFile,
    Jpeg2KImagePlugin.Jpeg2KImageFile,
    AvifImagePlugin.AvifImageFile,
)
_PPM = str(PpmImagePlugin.PpmImageFile.format)
_TGA = str(TgaImagePlugin.TgaImageFile.format)
MARKED_FORMATS = (*(str(plugin.format) for plugin in _MARKED), "HEIF")
FORMATS = (*MARKED_FORMATS, _PPM, _TGA)

READABLE = (
    "Use a JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC, AVIF, JPEG 2000, PPM (PGM, PBM) or TGA picture."
)
AGAIN = "Copy or download it again, then add it again."
PICTURE_BEGINNINGS = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"\xff\x4f\xff\x51",
    b"\x00\x00\x00\x0cjP  ",
    *TIFF_BEGINNINGS,
)
FILM_BRANDS = (b"isom", b"iso2", b"mp41", b"mp42", b"qt  ", b"M4V ", b"3gp4", b"3gp5")
RAW_BEGINNINGS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\x00", b"FOVb", b"\x00MRM")
OTHER_BEGINNINGS = (  # what people most often drop in by mistake, in words
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip or office file"),
    (b"8BPS", "a Photoshop file"),
    (b"<svg", "an SVG drawing"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
)
PPM_HEADER = re.compile(rb"P[1-6f]\s(?:\s|#[^\n]*\n)*\d{1,7}\s(?:\s|#[^\n]*\n)*\d{1,7}\s")
TGA_MARK = b"TRUEVISION-XFILE.\x00"
TGA_DEPTHS = {1: (8,), 2: (16, 24, 32), 3: (8, 16), 9: (8,), 10: (16, 24, 32), 11: (8, 16)}


def formats_of(data: bytes) -> tuple[str, ...]:
    """Pillow's names of the readers that may look at these bytes."""
    if data.startswith((*PICTURE_BEGINNINGS, b"RIFF")) or data[4:8] == b"ftyp":
        return MARKED_FORMATS
    if PPM_HEADER.match(data[:4096]):
        return (_PPM,)
    return (_TGA,) if _is_tga(data) else MARKED_FORMATS


def _is_tga(data: bytes) -> bool:
    """By the mark at the end, or (older files have none) by a header that fits itself."""
    if len(data) < 18:
        return False
    if data[-18:] == TGA_MARK:
        return True
    colour_map, kind, map_depth, depth, flags = data[1], data[2], data[7], data[16], data[17]
    has_map = kind in (1, 9)
    if depth not in TGA_DEPTHS.get(kind, ()) or flags & 0xC0 or colour_map != has_map:
        return False
    if map_depth not in ((16, 24, 32) if has_map else (0,)):
        return False
    if kind & 8:
        return True
    pixels = int.from_bytes(data[12:14], "little") * int.from_bytes(data[14:16], "little")
    return len(data) >= 18 + pixels * depth // 8 > 18


def refuse_camera_raw(data: bytes, tiff: TiffPages) -> None:
    """Raise PictureRefused for camera raw, of which Pillow would read a small preview."""
    if tiff.is_camera_raw or data.startswith(RAW_BEGINNINGS) or data[4:12] == b"ftypcrx ":
        raise PictureRefused(
            "This is a camera raw file (like DNG, NEF, CR2 or ARW), a kind that is not read here.",
            "Save it as JPEG or TIFF with your camera's program or a photo program, then add that.",
            "not_an_image",
        )


def refuse_unidentified(data: bytes, tiff: TiffPages) -> PictureRefused:
    """Why bytes that no reader knows are refused."""
    if tiff.pages and is_whole(data, tiff.pages[0]):
        return unread_tiff()
    if data[4:8] == b"ftyp" and data[8:12] in FILM_BRANDS:
        return PictureRefused("This is a film, not a picture.", READABLE, "not_an_image")
    if data.startswith(PICTURE_BEGINNINGS) or data[:4] == b"RIFF" or data[4:8] == b"ftyp":
        return PictureRefused(
            "The file begins like a picture but is damaged or cut short.", AGAIN, "unreadable"
        )
    beginning = data[:16].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for start, words in OTHER_BEGINNINGS:
        if beginning.startswith(start.lower()):
            return PictureRefused(f"This is {words}, not a picture.", READABLE, "not_an_image")
    return PictureRefused("This is not a picture that can be read.", READABLE, "not_an_image")


def unread_tiff() -> PictureRefused:
    """The refusal of a TIFF that is whole, but of a kind for which there is no reader."""
    return PictureRefused(
        "This is a kind of TIFF that is not read here (by its depth, channels or compression).",
        "Save it as a TIFF of 8 or 16 bits with 1, 3 or 4 channels, or as PNG, then add that.",
        "not_an_image",
    )
