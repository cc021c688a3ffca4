"""A turn is taken from EXIF alone, as browsers do, in every format that can carry XMP as well."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin

from tests.images.quarters import FOUR, assert_close, corners, quarters, saved
from tlcore.images.decode import decode_with_size
from tlcore.images.exif import ORIENTATION, exif_of
from tlcore.images.rotation import rotated

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
XMP_IN_PNG = b"XML:com.adobe.xmp" + bytes(5)  # not compressed, no language


def with_xmp(form: str, **more: object) -> bytes:
    """A picture of four colours whose XMP alone says that it is turned."""
    if form == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add(b"iTXt", XMP_IN_PNG + XMP, after_idat=bool(more.pop("late", False)))
        return saved(quarters(), "PNG", pnginfo=notes, **more)
    if form == "TIFF":
        return saved(quarters(), "TIFF", tiffinfo={700: XMP})
    return saved(quarters(), form, xmp=XMP, **more)


def other_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0110] = "A camera"
    exif[0x011A], exif[0x011B], exif[0x0128] = 72.0, 72.0, 2
    return exif


KINDS = {
    "JPEG": lambda: with_xmp("JPEG"),
    "JPEG with other EXIF": lambda: with_xmp("JPEG", exif=other_exif()),
    "WebP": lambda: with_xmp("WEBP"),
    "WebP with other EXIF": lambda: with_xmp("WEBP", exif=other_exif()),
    "PNG": lambda: with_xmp("PNG"),
    "PNG, behind the pixels": lambda: with_xmp("PNG", late=True),
    "TIFF": lambda: with_xmp("TIFF"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_turn_in_xmp_alone_turns_nothing(kind: str) -> None:
    decoded = decode_with_size(KINDS[kind](), at_least=640)
    assert decoded.image.size == (decoded.width, decoded.height) == (96, 64)
    assert_close(corners(decoded.image), FOUR)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_not_counted_when_a_picture_is_turned_by_hand(kind: str) -> None:
    again = decode_with_size(rotated(KINDS[kind](), 2)).image
    assert again.size == (96, 64)
    assert_close(corners(again), FOUR[::-1])


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "PNG", "HEIF"])
def test_other_exif_stays(form: str) -> None:
    data = with_xmp(form, exif=other_exif().tobytes())
    with Image.open(io.BytesIO(data)) as file:
        exif = exif_of(file)
    assert exif[0x0110] == "A camera"
    assert exif.get(ORIENTATION, 1) == 1
