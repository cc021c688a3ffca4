"""How a page shows an error: what happened and what to do now, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from pages.parts.text import markdown_text
from tlcore.errors import GraftError


def show(error: GraftError) -> None:
    """Draw one GraftError with its remedy."""
    st.error(f"{markdown_text(error.message)}\n\n**{markdown_text(error.remedy)}**")


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show any GraftError of the block in place; the page around it goes on."""
    try:
        yield
    except GraftError as error:
        show(error)
