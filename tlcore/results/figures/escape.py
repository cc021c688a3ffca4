"""The one place where a user's text is made safe for Plotly, which reads text as simple HTML."""

from __future__ import annotations

import unicodedata

_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "$": "&#36;",  # a text between dollars would be set as a formula
    "%": "&#37;",  # %{…} is a placeholder in hover and text templates
    "{": "&#123;",
    "}": "&#125;",
}


def plotly_text(text: str, *, longest: int | None = None) -> str:
    """`text` as Plotly shows it letter by letter; cut to `longest` characters with an ellipsis."""
    plain = "".join(
        " " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter for letter in text
    )
    if longest is not None and len(plain) > longest:
        plain = plain[: max(1, longest - 1)].rstrip() + "…"
    return "".join(_ENTITIES.get(letter, letter) for letter in plain)
