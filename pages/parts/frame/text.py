"""The one place where a user's text is made safe for Markdown, which Streamlit renders."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^\"'@/])")


def markdown_text(text: str) -> str:
    """`text` as Markdown that shows exactly these characters: no link, maths, icon, colour or HTML.

    Line breaks become spaces, so that a name cannot start a heading or a list.
    """
    return _SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", text))


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 picture`, `2 pictures`, `1,200 pictures`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def shortened(text: str, length: int = 40) -> str:
    """`text`, or its beginning and an ellipsis where it is longer than `length` characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
