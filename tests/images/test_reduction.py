"""Working copies and thumbnails: small, the same every time, and free of metadata."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcore.images.decode import decode
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import WORKING_SIDE, encode, reduce, thumbnail, working_copy

PLACE = b"48.858844, GraftCam 3000"


def photograph(size: tuple[int, int]) -> Image.Image:
    """Soft coloured shapes with some noise, as a camera would give them."""
    noise = np.random.default_rng(5)
    coarse = noise.integers(0, 255, (7, 9, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), np.int16)
    grain = noise.integers(-6, 7, smooth.shape)
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90, **options)
    return buffer.getvalue()


def with_place(image: Image.Image, format: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "GraftCam 3000"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 31.8), 29: PLACE.decode()})
    buffer = io.BytesIO()
    extra = {"comment": PLACE} if format == "JPEG" else {}
    image.save(buffer, format, exif=exif, **extra)
    assert b"GraftCam" in buffer.getvalue()
    return buffer.getvalue()


@pytest.mark.parametrize(
    "size", [(3000, 2000), (700, 1400), (640, 480), (30, 20), (1, 1), (4000, 3)]
)
def test_the_longer_side_is_at_most_640_and_never_enlarged(size: tuple[int, int]) -> None:
    copy = working_copy(jpeg(photograph(size)))
    assert (copy.width, copy.height) == size
    small = decode(copy.jpeg)
    assert max(small.size) == min(WORKING_SIDE, max(size))
    scale = max(small.size) / max(size)
    assert small.size == tuple(max(1, round(side * scale)) for side in size)
    assert max(decode(copy.thumbnail).size) == min(240, max(size))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_no_place_camera_or_comment_is_kept(format: str) -> None:
    copy = working_copy(with_place(photograph((900, 700)), format))
    for data in (copy.jpeg, copy.thumbnail):
        assert PLACE not in data and b"GraftCam" not in data and b"Exif" not in data
        with Image.open(io.BytesIO(data)) as file:
            assert not dict(file.getexif())
            assert set(file.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_encode_and_thumbnail_leave_out_what_a_picture_carries() -> None:
    with Image.open(io.BytesIO(with_place(photograph((300, 200))))) as file:
        file.load()
        assert file.info["comment"] == PLACE
        for data in (encode(file), thumbnail(file)):
            assert PLACE not in data and b"GraftCam" not in data


def test_the_same_bytes_give_the_same_copy() -> None:
    data = jpeg(photograph((1700, 1100)))
    assert working_copy(data) == working_copy(data)


def test_reducing_a_working_copy_changes_no_pixel() -> None:
    image = decode(working_copy(jpeg(photograph((1700, 1100)))).jpeg)
    assert reduce(image) is image


def test_small_pictures_keep_their_full_colour() -> None:
    stripes = Image.new("RGB", (64, 64), (255, 0, 0))
    for x in range(0, 64, 2):
        stripes.paste((0, 0, 255), (x, 0, x + 1, 64))
    red = np.asarray(decode(encode(stripes)))[:, 1::2, 0]
    assert red.min() > 200


def test_the_fast_reader_sees_what_pillow_sees() -> None:
    copy = working_copy(jpeg(photograph((1300, 900))))
    fast, slow = load_rgb(copy.jpeg), np.asarray(decode(copy.jpeg))
    assert fast.shape == slow.shape == (443, 640, 3)
    assert fast.dtype == np.uint8 and fast.flags.c_contiguous
    difference = np.abs(fast.astype(int) - slow.astype(int))
    assert difference.max() <= 3 and difference.mean() < 0.5


def test_the_fast_reader_takes_everything_else_through_the_decoder() -> None:
    png = io.BytesIO()
    photograph((40, 30)).save(png, "PNG")
    assert np.array_equal(load_rgb(png.getvalue()), np.asarray(decode(png.getvalue())))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = jpeg(photograph((40, 30)), exif=exif)
    assert load_rgb(turned).shape == (40, 30, 3)
    assert load_rgb(jpeg(photograph((40, 30)).convert("L"))).shape == (30, 40, 3)
    assert load_rgb(jpeg(photograph((40, 30)).convert("CMYK"))).shape == (30, 40, 3)


def test_the_fast_reader_reads_paths(tmp_path: Path) -> None:
    path = tmp_path / "copy.jpg"
    path.write_bytes(encode(photograph((50, 30))))
    assert np.array_equal(load_rgb(path), load_rgb(str(path)))
    assert load_rgb(path).shape == (30, 50, 3)
