"""Recall and precision of each label, as a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.frame.text import markdown_text, shortened
from tlcore.results.score.evaluate import Evaluation

NAMED = 5


def draw_label_table(evaluation: Evaluation) -> None:
    """One row per label: pictures, recall, predictions, precision."""
    st.subheader("Label by label", anchor=False)
    rows = [
        {
            "Label": score.label,
            "Pictures": score.pictures,
            "Found": score.correct,
            "Share found": _percentage(score.recall),
            "Answered": score.predicted,
            "Right when answered": _percentage(score.precision),
        }
        for score in evaluation.per_label
    ]
    share: dict[str, Any] = {"format": "%d %%", "min_value": 0, "max_value": 100}
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "Label": st.column_config.TextColumn(width="small"),
            "Pictures": st.column_config.NumberColumn(help="How many pictures show this label."),
            "Found": st.column_config.NumberColumn(help="How many of them were answered rightly."),
            "Share found": st.column_config.ProgressColumn(help="Also called recall.", **share),
            "Answered": st.column_config.NumberColumn(help="How often it gave this answer."),
            "Right when answered": st.column_config.ProgressColumn(
                help="When it gives this answer, how often it is right. Also called precision.",
                **share,
            ),
        },
    )
    without = [score.label for score in evaluation.per_label if not score.pictures]
    if without:
        names = ", ".join(markdown_text(shortened(label)) for label in without[:NAMED])
        st.caption(f":material/info: Nothing was scored for: {names}. It had no pictures here.")


def _percentage(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
