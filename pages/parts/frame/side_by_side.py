"""Containers beside one another where there is room, and below one another where not."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

WIDTH = 390  # pixels: two of them fit beside the navigation of a laptop


def side_by_side(number: int) -> list[DeltaGenerator]:
    """Containers, `number` of them, in a row that wraps on a narrow screen."""
    row = st.container(horizontal=True, gap="medium")
    return [row.container(width=WIDTH) for _ in range(number)]
