"""Rarer kinds of pictures: read where that is safe, and called by their right name where not."""

from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.images.quarters import FOUR, assert_close, corners, quarters, saved
from tlcore.errors import PictureRefused
from tlcore.images.decode import decode, decode_with_size
from tlcore.images.intake.tables.picture_names import names_a_picture
from tlcore.images.rotation import rotated

DNG = (50706, "B", 4, (1, 4, 0, 0), True)
PIXELS = np.asarray(quarters())


def refusal_of(data: bytes) -> PictureRefused:
    """Why these bytes are refused."""
    with pytest.raises(PictureRefused) as refused:
        decode(data)
    return refused.value


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    """A TIFF as scientific programs write it."""
    stream = io.BytesIO()
    tifffile.imwrite(stream, pixels, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def thumbnail_first(
    *, below: bool, full: dict[str, object], first: tuple[object, ...] = ()
) -> bytes:
    """A TIFF whose first page is a small preview, and the whole picture under or after it."""
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as file:
        small = np.zeros((16, 24, 3), np.uint8)
        options = {"photometric": "rgb", "metadata": None, "extratags": list(first)}
        file.write(small, subfiletype=1, subifds=int(below), **options)  # type: ignore[arg-type]
        file.write(metadata=None, **full)  # type: ignore[arg-type]
    return stream.getvalue()


WHOLE = {"data": PIXELS, "photometric": "rgb"}
MOSAIC = {"data": PIXELS[..., 0], "photometric": 32803}


@pytest.mark.parametrize(
    "data",
    [
        thumbnail_first(below=False, full=WHOLE, first=(DNG,)),
        thumbnail_first(below=True, full=WHOLE, first=(DNG,)),
        thumbnail_first(below=True, full=WHOLE),
        thumbnail_first(below=True, full=MOSAIC),
        thumbnail_first(below=False, full=MOSAIC),
        b"II*\0\x10\0\0\0CR\x02\0" + bytes(4) + tiff(PIXELS, byteorder="<")[8:],
        b"II*\0\x10\0\0\0CR\x02\0" + bytes(4) + struct.pack("<HHHII", 1, 256, 3, 1, 9) + bytes(4),
        *(start + bytes(64) for start in (b"FUJIFILMCCD-RAW ", b"IIRO", b"IIU\0", b"FOVb")),
        b"\0\0\0\x18ftypcrx " + bytes(64),
    ],
    ids=["DNG", "DNG below", "NEF", "mosaic below", "mosaic", "CR2", "short CR2",
         "RAF", "ORF", "RW2", "X3F", "CR3"],
)  # fmt: skip
def test_camera_raw_is_never_read_as_its_preview(data: bytes) -> None:
    refusal = refusal_of(data)
    assert "camera raw" in refusal.message and "JPEG" in refusal.remedy
    assert refusal.reason == "not_an_image"


def test_a_smaller_version_before_the_picture_is_passed_over() -> None:
    decoded = decode_with_size(thumbnail_first(below=False, full=WHOLE))
    assert (decoded.width, decoded.height, decoded.pages) == (96, 64, 1)
    assert_close(corners(decoded.image), FOUR)


@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_unread_kinds_of_tiff_are_not_called_damaged(byteorder: str, bigtiff: bool) -> None:
    for pixels in (np.zeros((64, 64)), np.zeros((64, 64, 5), np.uint8), np.zeros((8, 8), complex)):
        data = tiff(
            pixels, photometric="minisblack", byteorder=byteorder, bigtiff=bigtiff,
            planarconfig="contig" if pixels.ndim == 3 else None,
        )  # fmt: skip
        assert "a kind of TIFF that is not read here" in refusal_of(data).message
        assert "damaged" in refusal_of(data[: len(data) // 2]).message


def test_a_tiff_of_an_unknown_compression_is_not_called_damaged() -> None:
    data = bytearray(tiff(PIXELS, photometric="rgb"))
    for number in (34712, 50002, 1):  # JPEG 2000, JPEG XL and none
        at = data.index(struct.pack("<HHI", 259, 3, 1))
        data[at + 8 : at + 10] = struct.pack("<H", number)
        if number == 1:
            assert decode(bytes(data)).size == (96, 64)
        else:
            assert "a kind of TIFF" in refusal_of(bytes(data)).message


@pytest.mark.parametrize("format", ["PPM", "TGA", "AVIF", "JPEG2000"])
def test_further_formats_are_read_and_turned(format: str) -> None:
    options = {"subsampling": "4:4:4"} if format == "AVIF" else {}
    data = saved(quarters(), format, **options)
    assert_close(corners(decode(data)), FOUR)
    turned = decode(rotated(data, 1))
    assert turned.size == (64, 96)
    assert_close(corners(turned), [FOUR[2], FOUR[0], FOUR[3], FOUR[1]])


@pytest.mark.parametrize("text", [b"P1 2 1\n1 0", b"P2\n# c\n2 1\n100\n0 100", b"P2 2 1 9 0 9"])
def test_portable_pictures_as_text_are_read(text: bytes) -> None:
    image = decode(text + b"\n")
    assert [image.getpixel((x, 0)) for x in (0, 1)] == [(0, 0, 0), (255, 255, 255)]


def test_deep_portable_greys_are_scaled_by_their_own_depth() -> None:
    data = b"P5 3 1 4095\n" + np.array([0, 2048, 4095], ">u2").tobytes()
    image = decode(data)
    assert_close([image.getpixel((x, 0)) for x in range(3)], [(0,) * 3, (128,) * 3, (255,) * 3], 1)  # type: ignore[list-item]


@pytest.mark.parametrize("compression", [None, "tga_rle"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_old_tga_without_its_mark_is_read(mode: str, compression: str | None) -> None:
    image = quarters().convert(mode)
    data = saved(image, "TGA", compression=compression).replace(b"TRUEVISION-XFILE.\0", b"")
    assert decode(data).size == (96, 64)


@pytest.mark.parametrize(
    "data",
    [b"P5 is the name of a street", b"P6\n", b"P3 picture", b"\0\0\1\0" + bytes(40),
     b"\0\0\2\0" + bytes(100), b"PyRGBA 2 2 255\n" + bytes(16), bytes(18), bytes(1000)],
)  # fmt: skip
def test_what_only_resembles_them_is_no_picture(data: bytes) -> None:
    refusal = refusal_of(data)
    assert (refusal.message, refusal.reason) == (
        "This is not a picture that can be read.", "not_an_image",
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"P5 20000 20000 255\n",
        b"P5 9999999 9999999 255\n",
        b"P2 3000 3000 255\n1 2 3",  # read in Python: slow
        b"P5 3000 3000 254\n",
        struct.pack("<BBB5xHHHHBB", 0, 0, 10, 0, 0, 65535, 65535, 24, 0) + b"\xff" * 100,
    ],
)
def test_bombs_of_further_formats_are_refused_by_their_header(data: bytes) -> None:
    assert refusal_of(data).reason == "too_large"


def test_a_jpeg_2000_larger_than_it_says_is_refused() -> None:
    data = bytearray(saved(Image.new("RGB", (1500, 1500)), "JPEG2000"))
    at = data.index(b"ihdr") + 4
    data[at : at + 8] = struct.pack(">II", 50, 50)
    assert refusal_of(bytes(data)).reason in ("unreadable", "truncated")
    data[at : at + 8] = struct.pack(">II", 6001, 6000)
    assert refusal_of(bytes(data)).reason == "too_large"


def test_an_avif_larger_than_it_says_comes_out_as_small_as_it_says() -> None:
    data = bytearray(saved(Image.new("L", (1500, 1500)), "AVIF", speed=10))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", 50, 50)
    assert decode(bytes(data), max_pixels=2500).size == (50, 50)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_pages_and_frames_are_counted(format: str, count: int) -> None:
    first, *rest = [Image.new("RGB", (32, 32), (30 * i, 9, 99)) for i in range(count)]
    data = saved(first, format, save_all=True, append_images=rest)
    assert decode_with_size(data).pages == count
    if format in ("GIF", "TIFF"):
        cut = data[: len(data) // 2]
        with contextlib.suppress(PictureRefused):
            assert 1 <= decode_with_size(cut).pages <= count


def test_smaller_versions_of_a_page_are_no_further_pages() -> None:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as file:
        file.write(PIXELS, photometric="rgb", metadata=None)
        file.write(PIXELS[::2, ::2], photometric="rgb", subfiletype=1, metadata=None)
    assert decode_with_size(stream.getvalue()).pages == 1


def test_pages_that_come_again_are_counted_once() -> None:
    data = bytearray(tiff(PIXELS, photometric="rgb", metadata=None, byteorder="<"))
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    assert decode_with_size(bytes(data)).pages == 1


def test_nothing_that_pillow_says_reaches_the_terminal(tmp_path: Path) -> None:
    exif = bytearray(saved(quarters(), "TIFF", tiffinfo={270: "x" * 400}))
    at = exif.index(struct.pack("<HHI", 270, 2, 401))
    struct.pack_into("<I", exif, at + 4, 99_999_999)
    channels = tiff(np.zeros((8, 8, 9), np.uint8), photometric="minisblack", planarconfig="contig")
    cut = saved(quarters(), "TIFF", compression="tiff_lzw")[:-200]
    broken = bytearray(saved(quarters(), "TIFF", compression="tiff_lzw"))
    broken[8:400] = bytes(392)  # of this libtiff itself would tell
    for number, data in enumerate((bytes(exif), channels, cut, bytes(broken))):
        (tmp_path / f"{number}").write_bytes(data)
    script = (
        "import sys, pathlib\n"
        "from tlcore.errors import PictureRefused\n"
        "from tlcore.images.decode import decode\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try: decode(path.read_bytes())\n"
        "    except PictureRefused: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("name", ["00001.PPM", "s1/1.pgm", "a.avif", "a.jp2", "a.tga", "a.pbm"])
def test_tables_know_the_endings_of_further_formats(name: str) -> None:
    assert names_a_picture(name) and not names_a_picture(name + "x")
