"""Heat maps of what a classifier looks at: computed by the request worker, cached, drawn."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.parts.components.bars import draw_bars
from pages.parts.frame.services import services
from pages.parts.frame.side_by_side import side_by_side
from pages.parts.results.heatmap import draw_heatmap
from pages.parts.run.choice import ChosenRun

HEAT = "tlcore.results.explain.tasks:heat_task"
SECONDS = 120.0
METHOD_WORDS = {
    "Grad-CAM": "Grad-CAM on the last layer that still has a map",
    "Layer-CAM": "Layer-CAM on an earlier layer, as the last one's map is too coarse here",
    "input gradients": "the gradient at the pixels, as this network has no map",
}


@st.cache_data(show_spinner=False, max_entries=256)
def heat_of_stored(version: str, folder: str, copy: str, label: int | None) -> dict[str, Any]:
    """Heat for a stored working copy, as `heat_task` reports it. Raises GraftError.

    `version` is part of the cache key only: it changes with the classifier's weights.
    """
    payload = {"classifier": folder, "copies": [copy], "labels": [label]}
    return _heat(payload)


def heat_of_copy(chosen: ChosenRun, jpeg: bytes, label: int | None) -> dict[str, Any]:
    """The same for a working copy that is not stored. Raises GraftError."""
    with tempfile.TemporaryDirectory(prefix="graft-heat-") as folder:
        path = Path(folder) / "picture.jpg"
        path.write_bytes(jpeg)
        payload = {"classifier": str(chosen.folder), "copies": [str(path)], "labels": [label]}
        return _heat(payload)


def _heat(payload: dict[str, Any]) -> dict[str, Any]:
    report = services().engine.ask(HEAT, payload, timeout=SECONDS)
    return {**report["maps"][0], "method": report["method"]}


def draw_heat(
    heat: dict[str, Any], labels: Sequence[str], *, right: int | None = None, key: str
) -> None:
    """The picture with its heat beside the bars of its likeliest labels."""
    label = labels[heat["label"]]
    empty = all(value == 0 for row in heat["heat"] for value in row)
    words = (
        f"Nothing in this picture speaks for “{label}”."
        if empty
        else f"Bright: what speaks most for “{label}”."
    )
    left, across = side_by_side(2)
    with left:
        draw_heatmap(heat["picture"], heat["heat"], words, f"Heat for {label}", key=f"{key}_heat")
    with across:
        draw_bars(labels, heat["probabilities"], right=right, key=f"{key}_bars")
        st.caption(f"Computed by {METHOD_WORDS[heat['method']]}.")


def choose_label(
    labels: Sequence[str], predicted: int, *, key: str, truth: int | None = None
) -> int:
    """Which label the heat is for: the prediction, unless the visitor chooses another.

    `predicted` and `truth` are positions in `labels`.
    """
    order = [predicted, *([truth] if truth is not None and truth != predicted else [])]
    order += [number for number in range(len(labels)) if number not in order]

    def words(number: int) -> str:  # a selectbox shows plain text, not Markdown
        note = (
            " (the answer)" if number == predicted else " (what it is)" if number == truth else ""
        )
        return labels[number] + note

    picked = st.selectbox("Heat for which label?", order, format_func=words, key=key)
    return int(picked)
