"""The score in large, beside what it would take no learning at all to get."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from tlcore.results.evaluate import Evaluation

HERE = Path(__file__).parent

_verdict = st.components.v2.component(
    "graft_verdict",
    html='<div class="verdict"></div>',
    css=(HERE / "verdict.css").read_text(encoding="utf-8"),
    js=(HERE / "verdict.js").read_text(encoding="utf-8"),
)


def draw_verdict(evaluation: Evaluation, on_what: str, *, key: str) -> None:
    """Draw “41 of 50 right” in large with its bar, and the bar of the most frequent label."""
    _verdict(
        key=key,
        data={
            "words": evaluation.words,
            "on_what": on_what,
            "share": evaluation.accuracy,
            "plain_words": evaluation.frequent_words + ".",
            "plain_share": evaluation.frequent_accuracy,
        },
    )
