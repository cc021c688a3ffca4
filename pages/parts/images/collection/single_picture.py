"""One picture at a time: large, with labels as buttons and keys for the next and the previous."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import markdown_text
from pages.parts.pictures.changes import change
from pages.parts.pictures.gallery import CHIPS, FLAG_WORDS, Action
from pages.parts.pictures.splits import SPLIT_WORDS
from tlcore.workspace.records import Example, Label, Question

PLACE = "single_picture_place"
LEAST_WIDTH = 320  # pixels on the screen
KEYS = 9


def open_single_picture(
    question: Question, labels: Sequence[Label], ids: Sequence[int], start: int
) -> None:
    """Open the dialog at the picture `start`; the visitor goes through `ids` from there."""
    st.session_state[PLACE] = ids.index(start) if start in ids else 0
    _single_picture(question, labels, ids)


@st.dialog("One picture", width="medium", on_dismiss="rerun")
def _single_picture(question: Question, labels: Sequence[Label], ids: Sequence[int]) -> None:
    place = max(0, min(int(st.session_state.get(PLACE, 0)), len(ids) - 1))
    examples = services().workspace.examples.get_many([ids[place]])
    if not examples:
        st.caption("This picture is not here any more.")
        return
    example = examples[0]
    _draw_steps(place, len(ids))
    _draw_picture(example, question, labels)
    _draw_labels(example, question, labels)
    _draw_tools(example, question, labels)
    for flag in example.flags:
        st.warning(FLAG_WORDS.get(flag, flag))


def _draw_steps(place: int, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for words, step, key, stop in (
            ("Previous", -1, "ArrowLeft", place == 0),
            ("Next", 1, "ArrowRight", place == number - 1),
        ):
            st.button(
                words,
                key=f"closer_{words}",
                shortcut=key,
                disabled=stop,
                on_click=_go,
                args=(place + step,),
            )
        st.caption(f"{place + 1} of {number}")


def _go(place: int) -> None:
    st.session_state[PLACE] = place


def _draw_picture(example: Example, question: Question, labels: Sequence[Label]) -> None:
    tiny = max(example.width, example.height) < LEAST_WIDTH
    width: Literal["content"] | int = LEAST_WIDTH if tiny else "content"
    names = {label.id: label.name for label in labels}
    label = names.get(example.answers.get(question.id) or -1, "No label")
    if example.deleted is not None:
        st.caption("Deleted. It waits under “Recently deleted”.")
    try:
        copy = services().workspace.pictures.copy(example.picture).read_bytes()
    except OSError:
        st.warning("The file of this picture is missing.")
    else:
        st.image(copy, alt=f"{label}: {example.source_name}", width=width)
    use = SPLIT_WORDS[example.split].title
    size = f"{example.width} × {example.height} pixels"
    group = f" · group {markdown_text(example.group)}" if example.group else ""
    st.caption(f"{markdown_text(example.source_name)} · {size} · {use}{group}")


def _draw_labels(example: Example, question: Question, labels: Sequence[Label]) -> None:
    """A click or a number gives the label and goes on to the next picture."""
    current = example.answers.get(question.id)
    if len(labels) > CHIPS:
        ids = [label.id for label in labels]
        names = {label.id: label.name for label in labels}
        st.selectbox(
            "Label",
            ids,
            index=ids.index(current) if current in names else None,
            format_func=names.__getitem__,
            key=f"closer_label_{example.id}",
            on_change=_choose,
            args=(example.id, labels, question),
        )
        return
    with st.container(horizontal=True):
        for number, label in enumerate(labels, start=1):
            st.button(
                markdown_text(label.name),
                key=f"closer_label_{label.id}",
                type="primary" if label.id == current else "secondary",
                shortcut=str(number) if number <= KEYS else None,
                on_click=_do,
                args=(Action("label", (example.id,), str(label.id)), labels, question, True),
            )


def _choose(example: int, labels: Sequence[Label], question: Question) -> None:
    chosen = st.session_state.get(f"closer_label_{example}")
    if chosen is not None:
        _do(Action("label", (example,), str(chosen)), labels, question, True)


def _draw_tools(example: Example, question: Question, labels: Sequence[Label]) -> None:
    tools = (
        ("Turn left", Action("turn", (example.id,), "left"), ":material/rotate_left:", False),
        ("Turn right", Action("turn", (example.id,), "right"), ":material/rotate_right:", False),
        ("Delete", Action("delete", (example.id,), None), ":material/delete:", True),
    )
    with st.container(horizontal=True):
        for words, action, icon, on in tools:
            st.button(
                words,
                key=f"closer_{words}",
                icon=icon,
                type="tertiary",
                disabled=example.deleted is not None,
                on_click=_do,
                args=(action, labels, question, on),
            )


def _do(action: Action, labels: Sequence[Label], question: Question, on: bool) -> None:
    with shown_errors():
        change(action, labels, question)
        if on:
            st.session_state[PLACE] = int(st.session_state.get(PLACE, 0)) + 1
