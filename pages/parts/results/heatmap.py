"""A picture with its heat over it and a slider for how strongly it shows."""

from __future__ import annotations

from collections.abc import Sequence

from pages.parts.components.declare import declare_component

_heatmap = declare_component("heatmap")


def draw_heatmap(
    picture: str, heat: Sequence[Sequence[float]], words: str, alt: str, *, key: str
) -> None:
    """Draw `heat` (rows of 0 to 1) over a picture (a data address); `words` stand under it."""
    _heatmap(
        key=key,
        data={"picture": picture, "heat": [list(row) for row in heat], "words": words, "alt": alt},
    )
