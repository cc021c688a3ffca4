"""The decoder: every format and mode comes out as upright RGB, and nothing harmful is decoded."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tests.images.quarters import (
    BLUE,
    FOUR,
    assert_close,
    corners,
    quarters,
    saved,
)
from tlcore.errors import PictureRefused
from tlcore.images.decode import decode, decode_with_size


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF"])
def test_every_format_is_read(format: str) -> None:
    image = decode(saved(quarters(), format))
    assert (image.mode, image.size) == ("RGB", (96, 64))
    assert_close(corners(image), FOUR)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_is_applied(turn: int, format: str) -> None:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that stores it so
    upright = quarters()
    stored = upright if turn == 1 else upright.transpose(Image.Transpose(undo[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    decoded = decode_with_size(saved(stored, format, exif=exif), at_least=640)
    assert decoded.image.size == (decoded.width, decoded.height) == (96, 64)
    assert_close(corners(decoded.image), FOUR)


def test_heic_orientation_is_applied_once() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = quarters().transpose(Image.Transpose.ROTATE_90)
    decoded = decode_with_size(saved(stored, "HEIF", exif=exif.tobytes()))
    assert decoded.image.size == (decoded.width, decoded.height) == (96, 64)
    assert_close(corners(decoded.image), FOUR)


def test_unreadable_exif_loses_nothing() -> None:
    data = saved(quarters(), "JPEG", exif=b"Exif\x00\x00" + b"\xff" * 60)
    assert decode(data).size == (96, 64)


def test_of_several_frames_the_first_is_taken() -> None:
    frames = [Image.new("RGB", (20, 20), (i, 255 - i, i)) for i in range(200)]
    for format in ("GIF", "TIFF", "WEBP", "PNG"):
        data = saved(frames[0], format, save_all=True, append_images=frames[1:])
        image = decode(data)
        assert image.size == (20, 20)
        assert_close([image.getpixel((3, 3))], [(0, 255, 0)])  # type: ignore[list-item]


def test_the_wrong_ending_or_a_polyglot_does_not_matter() -> None:
    polyglot = saved(quarters(), "PNG") + b"<script>alert(1)</script>PK\x03\x04"
    assert decode(polyglot).size == (96, 64)


def bomb_png(side: int) -> bytes:
    """A one-bit PNG of side × side pixels in some kilobytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    deflate = zlib.compressobj(9)
    row = b"\0" * (1 + (side + 7) // 8)
    body = b"".join(deflate.compress(row) for _ in range(side)) + deflate.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_from_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bomb_png(30_000)
    assert len(data) < 200_000

    def never(self: object) -> None:
        raise AssertionError("a bomb was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", never)
    for bomb in (data, bomb_png(12_000)):
        with pytest.raises(PictureRefused) as refusal:
            decode(bomb)
        assert refusal.value.reason == "too_large"
        assert "100 megapixels" in refusal.value.message


def test_the_limit_can_be_lower() -> None:
    with pytest.raises(PictureRefused, match="96 × 64"):
        decode(saved(quarters(), "BMP"), max_pixels=96 * 64 - 1)
    assert decode(saved(quarters(), "BMP"), max_pixels=96 * 64).size == (96, 64)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.8])
def test_a_truncated_file_is_refused(format: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), format)
    with pytest.raises(PictureRefused) as refusal:
        decode(data[: max(16, int(len(data) * share))])
    assert refusal.value.reason in ("truncated", "unreadable")
    assert refusal.value.remedy


@pytest.mark.parametrize(
    ("data", "reason", "word"),
    [
        (b"", "empty", "empty"),
        (b"<!DOCTYPE html><html></html>", "not_an_image", "web page"),
        (b"\n  <HTML>", "not_an_image", "web page"),
        (b"%PDF-1.7 ...", "not_an_image", "PDF"),
        (b"PK\x03\x04....", "not_an_image", "zip"),
        (b"<svg xmlns='x'/>", "not_an_image", "SVG"),
        (b"8BPS" + b"\0" * 60, "not_an_image", "Photoshop"),
        (b"\0\0\0\x20ftypmp42" + b"\0" * 60, "not_an_image", "film"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not_an_image", "not a picture"),
        (b"P6 2 x 255 " + b"\0" * 12, "not_an_image", "not a picture"),
        (b"just words", "not_an_image", "not a picture"),
        (b"\0" * 1000, "not_an_image", "not a picture"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(data: bytes, reason: str, word: str) -> None:
    with pytest.raises(PictureRefused) as refusal:
        decode(data)
    assert refusal.value.reason == reason
    assert word in refusal.value.message


def flip(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(len(data))] = chance.randrange(256)


def drop(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    del data[start : start + chance.randrange(1, 40)]


def repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    data[start:start] = data[start : start + 30]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF"])
def test_mutated_files_are_read_or_refused(format: str) -> None:
    chance = random.Random(format)
    whole = saved(quarters(), format)
    changes: tuple[Callable[[bytearray, random.Random], None], ...] = (flip, drop, repeat)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            chance.choice(changes)(data, chance)
        try:
            image = decode(bytes(data), max_pixels=4_000_000)
            assert image.mode == "RGB"
            outcomes["read"] += 1
        except PictureRefused:
            outcomes["refused"] += 1
    assert outcomes["refused"] > 0


def test_a_large_jpeg_is_decoded_smaller_but_not_too_small() -> None:
    for size in ((2600, 1300), (1300, 2600), (1279, 800), (640, 480), (5200, 40)):
        data = saved(quarters(size), "JPEG")
        decoded = decode_with_size(data, at_least=640)
        assert (decoded.width, decoded.height) == size
        assert 640 <= max(decoded.image.size) <= max(size)
        assert_close(corners(decoded.image), FOUR)
        assert max(decoded.image.size) < 1300


def test_a_cameras_multi_picture_jpeg_is_read() -> None:
    small = Image.new("RGB", (20, 20), BLUE)
    data = saved(quarters((1400, 900)), "MPO", save_all=True, append_images=[small])
    decoded = decode_with_size(data, at_least=640)
    assert (decoded.width, decoded.height) == (1400, 900)
    assert_close(corners(decoded.image), FOUR)
