"""Turn pictures by a quarter: a JPEG without touching its pixels, others by storing them anew.

A turned picture is another picture (its bytes differ), so the example is given that one instead.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from PIL import Image

from tlcore.errors import PictureRefused
from tlcore.images.decode import decode
from tlcore.images.exif import ORIENTATION, exif_of
from tlcore.images.kinds import formats_of
from tlcore.images.reduction import working_copy
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Replace
from tlcore.workspace.records import Example

# EXIF orientation → the one that shows the same picture turned by a quarter, clockwise.
CLOCKWISE = {1: 6, 6: 3, 3: 8, 8: 1, 2: 7, 7: 4, 4: 5, 5: 2}
START, EXIF, SCAN = b"\xff\xd8", 0xE1, 0xDA
BEGINNING = b"Exif\x00\x00"
LONGEST_SEGMENT = 65_533


def rotated(data: bytes, quarters: int) -> bytes:
    """The bytes of the picture turned clockwise by so many quarters (1–3).

    A JPEG keeps its pixels as they are: only its EXIF says another orientation. PNG, GIF, BMP,
    TIFF and WebP become PNG; HEIC becomes a JPEG of quality 95.

    Raises:
        PictureRefused: the bytes are no picture that Graft reads.
    """
    upright = decode(data)
    turn = {1: Image.Transpose.ROTATE_270, 2: Image.Transpose.ROTATE_180}.get(
        quarters % 4, Image.Transpose.ROTATE_90
    )
    wanted = upright.transpose(turn) if quarters % 4 else upright
    with Image.open(io.BytesIO(data), formats=formats_of(data)) as file:
        exif, form = _exif_of(file), file.format
    if form in ("JPEG", "MPO"):
        again = _with_orientation(data, exif, quarters)
        if again is not None and _shows(again, wanted.size):
            return again
    exif[ORIENTATION] = 1
    lossy = form in ("JPEG", "MPO", "HEIF", "AVIF")
    buffer = io.BytesIO()
    if lossy:
        wanted.save(buffer, "JPEG", quality=95, subsampling=0, exif=exif.tobytes())
    else:
        wanted.save(buffer, "PNG", exif=exif.tobytes())
    return buffer.getvalue()


def _exif_of(file: Image.Image) -> Image.Exif:
    """What the camera noted; nothing where that is damaged, as in `decode`."""
    try:
        exif = exif_of(file)
        exif.tobytes()
    except Exception:  # noqa: BLE001 - damaged EXIF raises anything, and the pixels are good
        return Image.Exif()
    return exif


def rotate_pictures(
    workspace: Workspace, examples: Sequence[Example], quarters: int
) -> tuple[list[Replace], list[str]]:
    """Store these pictures turned; the changes for the history, and the names that could not be.

    Raises:
        WorkspaceError: the disk is full.
    """
    changes, refused = [], []
    for example in examples:
        try:
            data = rotated(workspace.pictures.original(example.picture).read_bytes(), quarters)
            copy = working_copy(data)
        except (PictureRefused, OSError):
            refused.append(example.source_name)
            continue
        sha = workspace.pictures.put(data, copy.jpeg, copy.thumbnail)
        change = Replace(example.id, sha, copy.width, copy.height, copy.perceptual_hash)
        changes.append(change)
    return changes, refused


def _with_orientation(data: bytes, exif: Image.Exif, quarters: int) -> bytes | None:
    """The same JPEG with another orientation in its EXIF; None where that cannot be written."""
    now = exif.get(ORIENTATION, 1)
    for _ in range(quarters % 4):
        now = CLOCKWISE.get(now, 6)
    exif[ORIENTATION] = now
    try:
        segment = exif.tobytes()
    except (ValueError, TypeError, OSError, KeyError):
        return None
    if len(segment) > LONGEST_SEGMENT:
        return None
    head = bytes([0xFF, EXIF]) + (len(segment) + 2).to_bytes(2, "big") + segment
    rest = b"".join(_segments_without_exif(data))
    return START + head + rest if rest else None


def _segments_without_exif(data: bytes) -> Iterable[bytes]:
    """What follows the start of a JPEG, segment by segment; nothing where it is damaged."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == SCAN:
            yield data[place:]
            return
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        segment = data[place:end]
        if not (marker == EXIF and segment[4:10] == BEGINNING):
            yield segment
        place = end


def _shows(data: bytes, size: tuple[int, int]) -> bool:
    try:
        return decode(data).size == size
    except PictureRefused:
        return False
