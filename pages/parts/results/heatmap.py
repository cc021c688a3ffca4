"""A picture with its heat over it and a slider for how strongly it shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parents[1] / "components"

_heatmap = st.components.v2.component(
    "graft_heatmap",
    html="""<figure class="heatmap"><div class="stack"><img><canvas></canvas></div>
        <label>Strength <input type="range" min="0" max="100" value="55"></label>
        <figcaption></figcaption></figure>""",
    css=(HERE / "heatmap.css").read_text(encoding="utf-8"),
    js=(HERE / "heatmap.js").read_text(encoding="utf-8"),
)


def draw_heatmap(
    picture: str, heat: Sequence[Sequence[float]], words: str, alt: str, *, key: str
) -> None:
    """Draw `heat` (rows of 0 to 1) over a picture (a data address); `words` stand under it."""
    _heatmap(
        key=key,
        data={"picture": picture, "heat": [list(row) for row in heat], "words": words, "alt": alt},
    )
