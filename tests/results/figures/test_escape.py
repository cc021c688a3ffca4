"""No text of a user's can be read by Plotly as anything but text."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from tlcore.results.figures.escape import plotly_text


@given(st.text())
def test_nothing_is_left_that_plotly_would_interpret(text: str) -> None:
    shown = plotly_text(text)
    bare = re.sub(r"&(#?\w+);", "", shown)
    assert not set(bare) & set("<>$%{}&\n\r\t")
    same = html.unescape(shown)
    assert len(same) == len(text)
    assert all(a == b or b == " " for a, b in zip(text, same, strict=True))


def test_known_traps() -> None:
    assert plotly_text("<b>cat</b>") == "&lt;b&gt;cat&lt;/b&gt;"
    assert "$" not in plotly_text("$x^2$")
    assert "%{" not in plotly_text("%{y}")
    assert plotly_text("a" * 50, longest=10) == "a" * 9 + "…"
    assert plotly_text("short", longest=10) == "short"
