"""The Learn page: short lessons, each with something to move and watch."""

from __future__ import annotations

import streamlit as st

from pages.parts.learn.chapters import CHAPTERS
from pages.parts.learn.evaluation_lessons import (
    draw_mismatch,
    draw_must_choose,
    draw_overfit,
    draw_shortcut,
    draw_splits,
)
from pages.parts.learn.glossary import draw_glossary
from pages.parts.learn.transfer_lessons import (
    draw_bias,
    draw_borrow,
    draw_fine_tune,
    draw_freeze,
    draw_negative,
)

DEMONSTRATIONS = {
    "borrow": draw_borrow,
    "freeze": draw_freeze,
    "fine_tune": draw_fine_tune,
    "splits": draw_splits,
    "overfit": draw_overfit,
    "must_choose": draw_must_choose,
    "shortcut": draw_shortcut,
    "bias": draw_bias,
    "mismatch": draw_mismatch,
    "negative": draw_negative,
    "glossary": draw_glossary,
}
KEYS = [chapter.key for chapter in CHAPTERS]
PLAIN, PRECISE = "In plain words", "In the words of the field"


def go_to(key: str) -> None:
    """Open another lesson (a button's callback)."""
    st.session_state["lesson"] = key


st.title("What is all this?", anchor=False)
st.write(
    "Ten short lessons about transfer learning. Each has something to move. Nothing here is a "
    "recording: the numbers are computed while you look, on 1,797 small handwritten digits."
)
titles = {chapter.key: chapter.title for chapter in CHAPTERS}
if st.session_state.get("lesson") not in KEYS:
    requested = st.query_params.get("lesson")
    st.session_state["lesson"] = requested if requested in KEYS else KEYS[0]
chosen = st.pills(
    "Lesson",
    KEYS,
    required=True,
    format_func=lambda lesson: titles[lesson],
    key="lesson",
    label_visibility="collapsed",
)
key = str(chosen or KEYS[0])
st.query_params["lesson"] = key
place = KEYS.index(key)
chapter = CHAPTERS[place]
st.divider()
with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
    st.header(chapter.title, anchor=False, width="content")
    if chapter.simple:
        level = st.segmented_control(
            "Explained",
            [PLAIN, PRECISE],
            default=PLAIN,
            required=True,
            key="level",
            persist_state="session",
            label_visibility="collapsed",
        )
if chapter.simple:
    st.markdown(chapter.simple if level == PLAIN else chapter.precise)
DEMONSTRATIONS[key]()

st.space("small")
with st.container(horizontal=True, horizontal_alignment="distribute"):
    if place > 0:
        before = CHAPTERS[place - 1]
        st.button(
            before.title, icon=":material/arrow_back:", on_click=go_to, args=(before.key,),
            key="lesson_before", type="tertiary",
        )  # fmt: skip
    if place < len(CHAPTERS) - 1:
        after = CHAPTERS[place + 1]
        st.button(
            after.title, icon=":material/arrow_forward:", icon_position="right", on_click=go_to,
            args=(after.key,), key="lesson_after", type="primary" if place == 0 else "secondary",
        )  # fmt: skip
