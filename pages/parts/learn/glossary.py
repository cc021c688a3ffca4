"""The glossary, as the learn page draws it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.parts.learn.glossary_terms import GLOSSARY


def draw_glossary() -> None:
    """Every term, in plain words and in those of the field, with a search box."""
    typed = st.text_input(
        "Find a word", key="glossary_word", placeholder="for example: frozen",
        icon=":material/search:", live=True,
    )  # fmt: skip
    wanted = (typed or "").strip().casefold()
    rows = [row for row in GLOSSARY if wanted in " ".join(row).casefold()]
    if not rows:
        st.caption("No such word here. Try a shorter one.")
        return
    words = pd.DataFrame(rows, columns=["word", "in plain words", "in the words of the field"])
    st.table(words.set_index("word"))
