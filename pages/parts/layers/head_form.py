"""The head builder: the new layers on top of the backbone."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.parts.draft.draft_widget import DraftWidgets, with_present

WIDTHS = (0, 64, 128, 256, 512, 1024)
HEADS = {"linear": "Linear", "cosine": "Cosine"}
HEAD_WORDS = {
    "linear": "Weighs the features and adds them up. Right for most.",
    "cosine": "Compares only the direction of the features, as one compares shapes and not sizes. "
    "Steadier with a handful of pictures for each label.",
}


def draw_head_form(widgets: DraftWidgets) -> None:
    """Kind of the last layer, and up to two hidden layers before it."""
    hidden = widgets.recipe.hidden
    st.segmented_control(
        "Kind of head", list(HEADS), format_func=HEADS.__getitem__, required=True,
        **widgets.tie("head"),
    )  # fmt: skip
    st.caption(HEAD_WORDS[widgets.recipe.head])
    left, right = st.columns(2, gap="large")
    first = hidden[0] if hidden else 0
    with left:
        st.selectbox(
            "Hidden layer", with_present(WIDTHS, first), format_func=_width_words,
            **widgets.tie_as("hidden", first, lambda width: _hidden(width, hidden[1:])),
            help="An extra layer in the head. Rarely needed; it can help when labels are hard to "
            "tell apart.",
        )  # fmt: skip
    second = hidden[1] if len(hidden) > 1 else 0
    with right:
        st.selectbox(
            "Second hidden layer", with_present(WIDTHS, second), format_func=_width_words,
            disabled=not hidden,
            **widgets.tie_as("hidden_2", second, lambda width: _hidden(first, (width,))),
            help="On top of the first one. It wants hundreds of pictures.",
        )  # fmt: skip


def _hidden(first: int, others: tuple[int, ...]) -> dict[str, Any]:
    """The setting that two boxes stand for; without a first hidden layer there is no second."""
    return {"hidden": tuple(width for width in (first, *others) if width) if first else ()}


def _width_words(units: int) -> str:
    return f"{units} units" if units else "none"
