"""Regularisation, which the page calls “brakes on learning by heart”."""

from __future__ import annotations

import streamlit as st

from pages.parts.draft.draft_widget import DraftWidgets, with_present
from tlcore.training.recipe.numbers import plain_number

DECAYS = (0.0, 1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3)


def draw_regularisation_form(widgets: DraftWidgets) -> None:
    """Dropout, weight decay, label smoothing, rare labels, and whether epochs are averaged."""
    recipe = widgets.recipe
    left, right = st.columns(2, gap="large")
    with left:
        st.slider(
            "Dropout", 0.0, max(0.9, recipe.dropout), step=0.1, **widgets.tie("dropout"),
            help="The share of the head's inputs that is left out at random while it learns, so "
            "that it does not lean on a few.",
        )  # fmt: skip
        st.slider(
            "Label smoothing", 0.0, 0.5, step=0.05, **widgets.tie("label_smoothing"),
            help="How much of each answer is given to the other labels. It keeps the network from "
            "growing too sure of single pictures.",
        )  # fmt: skip
    with right:
        st.select_slider(
            "Weight decay", with_present(DECAYS, recipe.weight_decay), format_func=plain_number,
            **widgets.tie("weight_decay"),
            help="Pulls all numbers gently towards zero.",
        )  # fmt: skip
        st.toggle(
            "Rare labels count more", **widgets.tie("label_weights"),
            help="Gives every label the same say, however many pictures it has.",
        )  # fmt: skip
        st.toggle(
            "Keep the mean of its epochs", **widgets.tie("average"),
            help="Few validation pictures choose the best epoch by chance. The mean from that "
            "epoch to the last depends less on it. If validation is clearly against the mean, the "
            "best epoch alone is kept.",
        )  # fmt: skip
    st.caption(
        ":material/info: These work for most pictures as they are. Stopping early is set on the "
        "Train page."
    )
