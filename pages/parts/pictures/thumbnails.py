"""Thumbnails for the browser: as `data:` addresses, and as the row of pictures on a card."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from pages.parts.components.declare import declare_component
from pages.parts.frame.services import services

_cover = declare_component("cover")


def as_data_address(picture: bytes) -> str:
    """The bytes of a JPEG, PNG or WebP file as a `data:` address that an <img> can show."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    if picture[8:12] == b"WEBP":
        kind = "webp"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def thumbnail_address(sha: str) -> str:
    """The thumbnail of a stored picture as a data address; empty where the file is gone."""
    try:
        return as_data_address(services().workspace.pictures.thumbnail(sha).read_bytes())
    except OSError:
        return ""


def draw_cover(addresses: Sequence[str], words: str, *, key: str) -> None:
    """Draw a row of little pictures; `words` says to a screen reader what they show."""
    _cover(data={"pictures": list(addresses), "words": words}, key=key)
