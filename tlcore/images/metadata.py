"""How a picture was made, from its file: format, camera, time. Never the place.

The place in EXIF is not read at all, so it cannot be kept or shown by accident.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image

from tlcore.images.decode import FORMATS

MAKE, MODEL, CHANGED = 0x010F, 0x0110, 0x0132
EXIF_PART, TAKEN_AT = 0x8769, 0x9003
LONGEST = 80  # letters of a camera's name that are kept
TIME = "%Y:%m:%d %H:%M:%S"


@dataclass(frozen=True)
class Metadata:
    """`format` as Pillow names it; `camera` and `taken_at` where the file says so (EXIF)."""

    format: str | None = None
    camera: str | None = None
    taken_at: datetime | None = None


def read_metadata(source: Path | bytes) -> Metadata:
    """Read what the header of a picture says; what cannot be read is None."""
    try:
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        with Image.open(stream, formats=FORMATS) as file:
            if file.format not in FORMATS and file.format != "MPO":
                return Metadata()
            kind = "JPEG" if file.format == "MPO" else file.format
            try:
                exif = file.getexif()
                time = exif.get_ifd(EXIF_PART).get(TAKEN_AT) or exif.get(CHANGED)
                return Metadata(kind, _camera(exif.get(MAKE), exif.get(MODEL)), _time(time))
            except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and the rest is good
                return Metadata(kind)
    except Exception:  # noqa: BLE001 - so do damaged files; they were refused long ago
        return Metadata()


def _camera(make: object, model: object) -> str | None:
    """Maker and model as one name, without saying the maker twice."""
    maker, name = _text(make), _text(model)
    if maker and name and not name.lower().startswith(maker.split()[0].lower()):
        name = f"{maker} {name}"
    return (name or maker)[:LONGEST] or None


def _text(value: object) -> str:
    words = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())


def _time(value: object) -> datetime | None:
    try:
        return datetime.strptime(_text(value)[:19], TIME)
    except ValueError:
        return None
