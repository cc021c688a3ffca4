"""Every mode of colour comes out as RGB: grey, palettes, transparency, deep greys, profiles."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from tests.images.quarters import (
    FOUR,
    assert_close,
    corners,
    quarters,
    saved,
)
from tlcore.images.decode import decode


def grey_to_rgb(image: Image.Image) -> list[tuple[int, ...]]:
    return [(v, v, v) for v in corners(image.convert("L"))]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("mode", "format"),
    [("L", "PNG"), ("L", "JPEG"), ("1", "PNG"), ("1", "TIFF"), ("P", "PNG"), ("P", "GIF"),
     ("P", "BMP"), ("CMYK", "JPEG"), ("CMYK", "TIFF"), ("YCbCr", "TIFF"), ("RGBA", "PNG"),
     ("RGBA", "WEBP"), ("RGBA", "TIFF"), ("LA", "PNG"), ("LAB", "TIFF")],
)  # fmt: skip
def test_every_mode_becomes_rgb(mode: str, format: str) -> None:
    original = quarters()
    if mode == "LAB":
        profiles = [ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")]
        stored = ImageCms.profileToProfile(original, *profiles, outputMode="LAB")
    else:
        stored = original.convert(mode, palette=Image.Palette.ADAPTIVE)
    assert stored is not None
    image = decode(saved(stored, format))
    assert image.mode == "RGB"
    if mode == "1":
        assert set(np.unique(np.asarray(image))) <= {0, 255}
    else:
        assert_close(corners(image), FOUR if mode not in ("L", "LA") else grey_to_rgb(original))


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF", "TIFF"])
def test_transparent_parts_become_white(format: str) -> None:
    image = quarters().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 48, 32))
    assert_close(corners(decode(saved(image, format))), [(255, 255, 255), *FOUR[1:]])


def test_a_palette_with_a_transparent_colour_and_a_grey_one_become_white() -> None:
    palette = Image.new("P", (8, 8), 1)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.paste(0, (0, 0, 4, 8))
    image = decode(saved(palette, "PNG", transparency=0))
    assert image.getpixel((1, 1)) == (255, 255, 255)
    assert image.getpixel((6, 1)) == (200, 0, 0)
    grey = Image.new("L", (8, 8), 7)
    assert decode(saved(grey, "PNG", transparency=7)).getpixel((0, 0)) == (255, 255, 255)


def test_half_transparent_is_half_white() -> None:
    image = decode(saved(Image.new("RGBA", (8, 8), (0, 0, 0, 128)), "PNG"))
    assert_close([image.getpixel((4, 4))], [(127, 127, 127)], within=2)  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ((0, 32768, 65535), np.uint16, (0, 128, 255)),  # 16 bits
        ((0, 2048, 4095), np.uint16, (0, 128, 255)),  # 12 bits in 16, as detectors store them
        ((0, 128, 255), np.uint16, (0, 128, 255)),
        ((0, 100_000, 200_000), np.int32, (0, 128, 255)),
        ((-100, 0, 100), np.int32, (0, 128, 255)),
        ((0.0, 0.5, 1.0), np.float32, (0, 128, 255)),
        ((0.0, 128.0, 255.0), np.float32, (0, 128, 255)),
        ((-1.0, 0.0, 1.0), np.float32, (0, 128, 255)),
        ((0.0, float("nan"), 1.0), np.float32, (0, 0, 255)),
    ],
)
def test_deep_greys_are_scaled(
    values: tuple[float, ...], dtype: type, expected: tuple[int, ...]
) -> None:
    rows = np.repeat(np.array(values, dtype=dtype)[None, :], 4, axis=0)
    image = decode(saved(Image.fromarray(rows), "TIFF"))
    assert_close([image.getpixel((i, 0)) for i in range(3)], [(v,) * 3 for v in expected], 1)  # type: ignore[misc]


def test_a_16_bit_png_and_big_endian_tiff_are_read() -> None:
    rows = np.array([[0, 30000, 65535]] * 3, dtype=np.uint16)
    assert decode(saved(Image.fromarray(rows), "PNG")).getpixel((1, 1)) == (117, 117, 117)
    big = Image.frombytes("I;16B", (3, 3), rows.astype(">u2").tobytes())
    assert decode(saved(big, "TIFF")).getpixel((1, 1)) == (117, 117, 117)


def test_white_is_zero_is_turned() -> None:
    rows = np.array([[0, 65535]] * 2, dtype=np.uint16)
    image = decode(saved(Image.fromarray(rows), "TIFF", tiffinfo={262: 0}))
    assert [image.getpixel((i, 0)) for i in range(2)] == [(255,) * 3, (0,) * 3]


@pytest.mark.parametrize(
    ("dtype", "brightest"), [(np.uint8, 255), (np.uint16, 4095), (np.uint16, 65535)]
)
def test_the_negative_of_a_tiff_is_the_same_picture(dtype: type, brightest: int) -> None:
    """What is stored with zero as white shows what is stored turned with zero as black."""
    ramp = np.linspace(0, brightest, 64).astype(dtype)
    rows = np.repeat(ramp[None, :], 8, axis=0)
    black, white = io.BytesIO(), io.BytesIO()  # Pillow itself would turn what it writes so
    tifffile.imwrite(black, rows, photometric="minisblack")
    tifffile.imwrite(white, brightest - rows, photometric="miniswhite")
    plain, turned = decode(black.getvalue()), decode(white.getvalue())
    assert plain.getextrema() == ((0, 255),) * 3
    assert np.abs(np.asarray(plain, int) - np.asarray(turned, int)).max() <= 1


def test_an_inverted_adobe_cmyk_picture_has_its_colours() -> None:
    data = saved(quarters().convert("CMYK"), "JPEG", quality=95, progressive=True)
    assert b"Adobe" in data
    assert_close(corners(decode(data)), FOUR)


def test_a_colour_profile_is_applied_and_left_behind() -> None:
    profile = swapped_profile()
    plain = decode(saved(quarters(), "PNG"))
    assert_close(corners(plain), FOUR, 0)
    image = decode(saved(quarters(), "PNG", icc_profile=profile))
    assert np.argmax(image.getpixel((10, 10))) == 1  # type: ignore[arg-type]
    assert image.info == {}
    broken = decode(saved(quarters(), "PNG", icc_profile=b"no profile at all" * 20))
    assert_close(corners(broken), FOUR, 0)


def swapped_profile() -> bytes:
    """sRGB with the red and green primaries exchanged: a profile that visibly matters."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    data = data.replace(b"s\0R\0G\0B", b"o\0d\0d\0 ").replace(b"sRGB", b"odd ")
    return bytes(data.replace(b"rXYZ", b"tmp_").replace(b"gXYZ", b"rXYZ").replace(b"tmp_", b"gXYZ"))
