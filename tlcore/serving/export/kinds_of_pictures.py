"""A small file of each kind that is easily read otherwise, drawn here, to check exports with.

No torch here.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from tlcore.images.exif import ORIENTATION

SIZE = (60, 44)
LARGE = (901, 700)  # pixels: more than a working copy has
PHOTOMETRIC, XMP_TAG, WHITE_IS_ZERO = 262, 700, 0
XMP_TURN = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


@lru_cache(maxsize=1)
def kinds_of_pictures() -> Mapping[str, bytes]:
    """What the kind is in words, as in “a WebP turned by its EXIF” → the bytes of a file."""
    return {words: draw() for words, draw in _KINDS.items()}


def _picture(size: tuple[int, int] = SIZE) -> Image.Image:
    """Smooth colours, different in every corner, so that no turn and no negative is the same."""
    blobs = np.random.default_rng(7).integers(0, 256, (4, 5, 3), np.uint8)
    blobs[0, 0], blobs[-1, -1] = (250, 240, 20), (10, 20, 60)
    return Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC)


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def _turned(form: str, turn: int, **options: object) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    return _saved(_picture(), form, exif=exif.tobytes(), **options)


def _transparent() -> bytes:
    image = _picture().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return _saved(image, "PNG")


def _palette() -> bytes:
    image = _picture().quantize(16)
    return _saved(image, "PNG", transparency=int(image.getpixel((0, 0))))  # type: ignore[arg-type]


def _deep(depth: int, form: str, *, negative: bool = False) -> bytes:
    """Grey in 16 bits of which `depth` are used."""
    grey: npt.NDArray[np.uint16] = np.asarray(_picture().convert("L")).astype(np.uint16)
    values = grey * np.uint16((2**depth - 1) // 255)
    tags = {"tiffinfo": {PHOTOMETRIC: WHITE_IS_ZERO}} if negative else {}
    return _saved(Image.fromarray(values), form, **tags)


def _white_is_zero(mode: str) -> bytes:
    image = _picture().convert("L").convert(mode)
    return _saved(image, "TIFF", tiffinfo={PHOTOMETRIC: WHITE_IS_ZERO})


def _float() -> bytes:
    grey = np.asarray(_picture().convert("L")).astype(np.float32) / 255
    return _saved(Image.fromarray(grey), "TIFF")


def _lab() -> bytes:
    lab = ImageCms.createProfile("LAB")
    converted = ImageCms.profileToProfile(
        _picture(), ImageCms.createProfile("sRGB"), lab, outputMode="LAB"
    )
    assert converted is not None
    return _saved(converted, "TIFF")


def _turned_large() -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = 8
    return _saved(_picture(LARGE), "JPEG", exif=exif.tobytes(), quality=90)


_KINDS: dict[str, Callable[[], bytes]] = {
    **{
        f"a {name} turned by its EXIF ({turn})": partial(_turned, form, turn)
        for name, form in (("JPEG", "JPEG"), ("WebP", "WEBP"), ("PNG", "PNG"))
        for turn in (2, 3, 4, 5, 6, 7, 8)
    },
    "a TIFF turned by its EXIF": lambda: _turned("TIFF", 6),
    "a large JPEG turned by its EXIF": _turned_large,
    "a JPEG with a turn in XMP alone": lambda: _saved(_picture(), "JPEG", xmp=XMP_TURN),
    "a WebP with a turn in XMP alone": lambda: _saved(_picture(), "WEBP", xmp=XMP_TURN),
    "a TIFF with a turn in XMP alone": lambda: _saved(
        _picture(), "TIFF", tiffinfo={XMP_TAG: XMP_TURN}
    ),
    "a PNG with transparency": _transparent,
    "a PNG with a palette and transparency": _palette,
    "a grey JPEG": lambda: _saved(_picture().convert("L"), "JPEG"),
    "a CMYK JPEG": lambda: _saved(_picture().convert("CMYK"), "JPEG"),
    "a black-and-white PNG": lambda: _saved(_picture().convert("1"), "PNG"),
    "an animated GIF": lambda: _saved(
        _picture(), "GIF", save_all=True, append_images=[_picture().rotate(180)]
    ),
    "a BMP": lambda: _saved(_picture(), "BMP"),
    "a 16-bit PNG": lambda: _deep(16, "PNG"),
    "a 12-bit TIFF": lambda: _deep(12, "TIFF"),
    "a 16-bit TIFF in which white is zero": lambda: _deep(16, "TIFF", negative=True),
    "an 8-bit TIFF in which white is zero": lambda: _white_is_zero("L"),
    "a black-and-white TIFF in which white is zero": lambda: _white_is_zero("1"),
    "a TIFF of floats": _float,
    "a TIFF in Lab colours": _lab,
}
