"""Tests of tlcore/images/rotation.py: every orientation and format, rotated as a person sees it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcore.errors import PictureRefused
from tlcore.images.decode import decode
from tlcore.images.exif import ORIENTATION
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.images.rotation import rotate_pictures, rotated
from tlcore.workspace import Workspace


def corners() -> Image.Image:
    """A picture whose four corners differ, 48 × 32."""
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:16, :24], pixels[:16, 24:] = (250, 10, 10), (10, 250, 10)
    pixels[16:, :24], pixels[16:, 24:] = (10, 10, 250), (250, 250, 250)
    return Image.fromarray(pixels)


def encoded(form: str, orientation: int = 1, **more: object) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x0110] = "A camera"
    buffer = io.BytesIO()
    corners().save(buffer, form, exif=exif.tobytes(), **more)
    return buffer.getvalue()


def close(image: Image.Image, other: Image.Image) -> bool:
    if image.size != other.size:
        return False
    apart = np.abs(np.asarray(image, np.int16) - np.asarray(other, np.int16))
    return float(apart.mean()) < 6


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("quarters", (1, 2, 3))
def test_a_jpeg_is_turned_as_it_is_seen(orientation: int, quarters: int) -> None:
    data = encoded("JPEG", orientation, quality=95, subsampling=0)
    seen = decode(data)
    again = rotated(data, quarters)
    wanted = seen.rotate(-90 * quarters, expand=True)
    assert close(decode(again), wanted)
    scan = data[data.index(b"\xff\xda") :]
    assert again.endswith(scan)  # not one pixel was touched
    assert Image.open(io.BytesIO(again)).getexif()[0x0110] == "A camera"


@pytest.mark.parametrize("form", ("PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF"))
def test_other_formats_are_stored_anew(form: str) -> None:
    buffer = io.BytesIO()
    corners().save(buffer, form)
    data = buffer.getvalue()
    again = rotated(data, 1)
    assert close(decode(again), decode(data).rotate(-90, expand=True))
    assert again.startswith(b"\xff\xd8" if form == "HEIF" else b"\x89PNG")


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")  # Pillow, of the broken one
def test_a_jpeg_without_exif_and_one_with_broken_exif() -> None:
    buffer = io.BytesIO()
    corners().save(buffer, "JPEG", quality=95)
    plain = buffer.getvalue()
    wanted = decode(plain).rotate(-90, expand=True)
    assert close(decode(rotated(plain, 1)), wanted)
    broken = plain[:2] + b"\xff\xe1\x00\x10Exif\x00\x00II\x2a\x00\xff\xff\xff\xff" + plain[2:]
    assert close(decode(rotated(broken, 1)), decode(broken).rotate(-90, expand=True))


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(PictureRefused):
        rotated(b"hello", 1)


def test_a_stored_picture_is_turned_and_turned_back(home: Path) -> None:
    workspace = Workspace.open(home)
    project = workspace.projects.create("Corners")
    report = ingest(
        workspace, project.id, from_files([("a.jpg", encoded("JPEG")), ("b.png", encoded("PNG"))])
    )
    before = workspace.examples.get_many(report.ids)
    workspace.pictures.original(before[1].picture).write_bytes(b"damaged since")
    changes, refused = rotate_pictures(workspace, before, 1)
    assert refused == ["b.png"] and len(changes) == 1
    workspace.history.apply(project.id, "turned", changes)
    after = workspace.examples.get(report.ids[0])
    assert (after.width, after.height) == (32, 48)
    assert after.picture != before[0].picture and workspace.pictures.has(after.picture)
    assert workspace.examples.get(report.ids[1]) == before[1]
    workspace.history.undo(project.id)
    assert workspace.examples.get(report.ids[0]) == before[0]


@pytest.mark.parametrize(("form", "more"), [("JPEG", {"dpi": (72, 72)}), ("PNG", {})])
def test_a_picture_with_damaged_notes_of_its_camera_is_turned(
    form: str, more: dict[str, object]
) -> None:
    buffer = io.BytesIO()
    corners().save(buffer, form, exif=b"Exif\x00\x00no TIFF at all", **more)
    data = buffer.getvalue()
    with Image.open(io.BytesIO(data)) as file, pytest.raises(SyntaxError):
        file.getexif()
    assert close(decode(rotated(data, 1)), decode(data).rotate(-90, expand=True))
