"""The stress test: the score on pictures that are blurred, darkened, turned …"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.components.cards import Card, draw_cards
from pages.parts.frame.text import markdown_text
from pages.parts.run.choice import ChosenRun
from pages.parts.run.examination import report_or_progress
from tlcore.results.figures.score_figures import stress_figure
from tlcore.results.score.result_cache import STRESS_NAME

TASK = "tlcore.results.robustness.stress_task:stress_task"
FLAT = {"displayModeBar": False}


def draw_stress(chosen: ChosenRun) -> None:
    """The button that starts it, its progress, and its report."""
    st.write(
        "Pictures in real life are darker, blurred, askew. The stress test changes every scored "
        "picture in seven ways, each at three strengths, and asks again."
    )
    start = st.session_state.get(f"stress_{chosen.run.id}", False)
    report = report_or_progress(chosen, STRESS_NAME, TASK, start=start)
    if report is not None:
        _draw_report(chosen, report)
    elif not start and st.button(
        "Start the stress test", icon=":material/bolt:", type="primary", key="start_stress"
    ):
        st.session_state[f"stress_{chosen.run.id}"] = True
        st.rerun()


def _draw_report(chosen: ChosenRun, report: Mapping[str, Any]) -> None:
    st.markdown(f"**{markdown_text(report['words'])}**")
    if report["worst"]:
        st.write(
            "If your pictures will look like that, take some of that kind for training, or switch "
            "on matching changes under Layers, and train again."
        )
    if report["total"] < report["of"]:
        st.caption(f"Tried on {report['total']} of {report['of']} pictures.")
    figure = stress_figure(report["rows"], report["plain"], key="stress")
    st.plotly_chart(figure, key="stress_chart", config=FLAT)
    st.caption(
        f"The dotted line is the score on unchanged pictures, {100 * report['plain']:.0f} %."
    )
    _draw_worst(chosen, report)
    with st.expander("Label by label", icon=":material/table:"):
        st.dataframe(_drops(chosen, report), key="stress_drops")
        st.caption("Percentage points lost at the strongest change of each kind.")


def _draw_worst(chosen: ChosenRun, report: Mapping[str, Any]) -> None:
    """Pictures that were right before the change and wrong after it."""
    for row in report["worst"]:
        if not row["shown"]:
            continue
        st.markdown(
            f"**{row['words']} ({row['strength']})**: {100 * row['accuracy']:.0f} % right. "
            "Some that went wrong, as it saw them:"
        )
        draw_cards(
            [
                Card(picture["picture"], row["words"], chosen.labels[picture["said"]], "",
                     chosen.labels[picture["truth"]])
                for picture in row["shown"]
            ],
            key=f"stress_{row['kind']}",
        )  # fmt: skip


def _drops(chosen: ChosenRun, report: Mapping[str, Any]) -> pd.DataFrame:
    """Points lost by label (rows) under the strongest change of each kind (columns)."""
    strongest = [row for row in report["rows"] if row["level"] == 2]
    table = {
        row["words"]: [
            None if before is None or after is None else round(100 * (before - after))
            for before, after in zip(report["labels"], row["labels"], strict=True)
        ]
        for row in strongest
    }
    return pd.DataFrame(table, index=pd.Index(chosen.labels, name="Label"))
