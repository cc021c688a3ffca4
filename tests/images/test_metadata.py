"""What a file says about its making: camera, time and format, and never the place."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from PIL import Image

from tlcore.images.metadata import Metadata, read_metadata


def file(format: str = "JPEG", **tags: object) -> bytes:
    exif = Image.Exif()
    for name, value in tags.items():
        number = {"make": 0x010F, "model": 0x0110, "changed": 0x0132}.get(name)
        if number is not None:
            exif[number] = value
        else:
            exif.get_ifd(0x8769)[0x9003] = value
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), (200, 100, 50)).save(buffer, format, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_camera_and_time_are_read(format: str) -> None:
    data = file(format, make="Acme", model="Acme Three", taken="2025:05:31 10:11:12")
    assert read_metadata(data) == Metadata(format, "Acme Three", datetime(2025, 5, 31, 10, 11, 12))


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [("Acme Corp.", "Three", "Acme Corp. Three"), ("", "Three", "Three"), ("Acme", "", "Acme"),
     ("", "", None), ("A\nB", "C\0", "A B C"), ("x" * 300, "", "x" * 80)],
)  # fmt: skip
def test_a_cameras_name_is_one_line_of_text(make: str, model: str, camera: str | None) -> None:
    assert read_metadata(file(make=make, model=model)).camera == camera


@pytest.mark.parametrize("time", ["", "0000:00:00 00:00:00", "yesterday", "2025-05-31 10:11:12"])
def test_a_time_that_is_none_is_left(time: str) -> None:
    assert read_metadata(file(taken=time)).taken_at is None


def test_the_time_of_the_file_serves_where_there_is_no_other() -> None:
    assert read_metadata(file(changed="2024:01:02 03:04:05")).taken_at == datetime(
        2024, 1, 2, 3, 4, 5
    )


def test_what_cannot_be_read_says_nothing() -> None:
    for data in (b"", b"no picture", file()[:30], b"\xff\xd8\xff\xe1\xff\xff" + b"\xff" * 40):
        assert read_metadata(data).camera is None
