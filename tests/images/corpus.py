"""Bad and odd files and names, each with what must become of it. Made here, nothing is stored."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

SIDE = (48, 32)


@dataclass(frozen=True)
class BadFile:
    """A file: its bytes, and why it is refused (`reason` in `PictureRefused`), None if it is taken.

    `size` is that of the picture that must come out of it.
    """

    title: str
    data: bytes
    refused: tuple[str, ...] | None = None
    size: tuple[int, int] = SIDE


def picture(seed: int = 0, size: tuple[int, int] = SIDE) -> Image.Image:
    """A small picture with a colour of its own and some noise."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 60, (size[1], size[0], 3)) + random.integers(0, 190, 3)
    return Image.fromarray(pixels.astype(np.uint8))


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def huge_png(side: int = 30_000) -> bytes:
    """A real PNG of one colour, 900 megapixels in 110 kB."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    row = b"\0" + bytes(side // 8)
    squeezer = zlib.compressobj(9)
    body = b"".join(squeezer.compress(row) for _ in range(side)) + squeezer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", body), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def with_place() -> bytes:
    """A JPEG whose EXIF says where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    exif[0x010F], exif[0x0110] = "SECRETMAKER", "SECRETMODEL"
    return saved(picture(70), "JPEG", exif=exif)


def turned(turn: int) -> bytes:
    """A JPEG that is stored turned, and says so."""
    exif = Image.Exif()
    exif[0x0112] = turn
    size = SIDE if turn < 5 else SIDE[::-1]
    return saved(picture(20 + turn, size), "JPEG", exif=exif)


def frames(format: str, count: int) -> bytes:
    """An animation or a stack."""
    first, *rest = [picture(100 + number) for number in range(count)]
    return saved(first, format, save_all=True, append_images=rest)


def files() -> list[BadFile]:
    """The whole corpus of files."""
    jpeg, png = saved(picture(1), "JPEG"), saved(picture(2), "PNG")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    deep = Image.fromarray(np.linspace(0, 65535, 48 * 32).reshape(32, 48).astype(np.uint16))
    cmyk = picture(6).convert("CMYK")
    damaged = ("truncated", "unreadable")
    return [
        BadFile("empty", b"", ("empty",)),
        BadFile("one byte", b"\xff", ("not_an_image",)),
        BadFile("JPEG cut in the middle", jpeg[: len(jpeg) // 2], damaged),
        BadFile("PNG cut in the middle", png[: len(png) // 2], damaged),
        BadFile("JPEG of which only the beginning is left", jpeg[:20], damaged),
        BadFile("web page named .jpg", b"<!DOCTYPE html><html>404</html>", ("not_an_image",)),
        BadFile("script", b"#!/bin/sh\nrm -rf ~\n", ("not_an_image",)),
        BadFile("SVG with a script", b"<svg><script>alert(1)</script></svg>", ("not_an_image",)),
        BadFile("PDF", b"%PDF-1.7\n" + bytes(100), ("not_an_image",)),
        BadFile("900 megapixels of one colour", huge_png(), ("too_large",)),
        BadFile("PNG under the name of a JPEG", saved(picture(3), "PNG")),
        BadFile("JPEG followed by a zip", saved(picture(4), "JPEG") + b"PK\x03\x04" + bytes(200)),
        BadFile("GIF that is also a script", saved(picture(5), "GIF") + b"/*<script>*/"),
        BadFile("200 frames of GIF", frames("GIF", 200)),
        BadFile("TIFF with 5 pages", frames("TIFF", 5)),
        BadFile("progressive CMYK JPEG", saved(cmyk, "JPEG", progressive=True)),
        BadFile("16-bit TIFF", saved(deep, "TIFF")),
        BadFile("16-bit PNG", saved(deep, "PNG")),
        BadFile("ICC profile", saved(picture(7), "JPEG", icc_profile=profile)),
        BadFile("damaged ICC profile", saved(picture(8), "PNG", icc_profile=b"broken" * 50)),
        BadFile("EXIF with a place", with_place()),
        BadFile("damaged EXIF", saved(picture(9), "JPEG", exif=b"Exif\0\0" + b"\xff" * 40)),
        BadFile("transparent PNG", saved(picture(10).convert("RGBA"), "PNG")),
        BadFile("one pixel", saved(picture(11, (1, 1)), "PNG"), size=(1, 1)),
        *[BadFile(f"EXIF orientation {turn}", turned(turn)) for turn in range(1, 9)],
    ]  # fmt: skip


# Names of files and of labels. None may reach the file system or HTML as it is.
NAMES = (
    "emoji 🌻🐝.jpg",
    "עברית וערבית عربي.jpg",
    "right‮gpj.exe",  # turns the reading direction in the middle
    "../../escape.jpg",
    "..\\..\\escape.jpg",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "n" * 300 + ".jpg",
    "<script>alert('x')</script>.jpg",
    "<img src=x onerror=alert(1)>.jpg",
    "[link](javascript:alert(1)).jpg",
    "`code` **bold** $x$ :red[x].jpg",
    '"; DROP TABLE examples; --.jpg',
    "tab\tand\nnewline.jpg",
    "null\0byte.jpg",
    "lone \ud800 surrogate.jpg",
    "CON",
    "a%2e%2e%2fb.jpg",
    " leading and trailing .jpg ",
    "{group}_{0}_%s.jpg",
)
LABELS = tuple(name.removesuffix(".jpg") for name in NAMES)
