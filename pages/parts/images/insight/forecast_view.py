"""How many more pictures? What a quick classifier reaches with fewer, carried on to more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.text import markdown_text
from pages.parts.images.checkup.checkups import picture_state
from pages.parts.images.quality_requests import ask_quality
from tlcore.workspace.records import Project

MEASURED, CARRIED_ON = "#0072B2", "#E69F00"


def draw_forecast(project: Project) -> None:
    """Draw the button that starts a forecast, and the last forecast if there is one."""
    st.subheader("How many more pictures?", anchor=False)
    st.caption(
        "A quick classifier learns from a quarter, half, three quarters and all of the pictures. "
        "How its answers improve says what more pictures would do."
    )
    made = f"forecast_{project.id}"
    if st.button("Work it out", icon=":material/trending_up:", key="forecast_go"):
        with shown_errors():
            forecast = ask_quality(
                project, "tlcore.quality.tasks:forecast_task", "Learning from fewer pictures"
            )
            st.session_state[made] = (picture_state(project), forecast)
    if made in st.session_state:
        state, forecast = st.session_state[made]
        if state != picture_state(project):
            st.caption(":material/info: Pictures have changed since: work it out again.")
        _draw(forecast)


def _draw(forecast: Mapping[str, Any]) -> None:
    st.markdown(markdown_text(forecast["words"]))
    st.plotly_chart(
        forecast_figure(forecast["points"], forecast["curve"]),
        key="forecast_chart",
        width="stretch",
    )
    rows = [
        {
            "Label": label["name"],
            "Pictures": label["pictures"],
            "Right now": 100 * label["accuracy"],
            "With more": label["more"],
            "It would gain": 100 * label["label_gain"],
        }
        for label in forecast["labels"]
    ]
    points = st.column_config.NumberColumn(format="%.1f points")
    st.dataframe(
        rows,
        hide_index=True,
        width="stretch",
        column_config={
            "Right now": st.column_config.NumberColumn(format="%.0f %%"),
            "With more": st.column_config.NumberColumn(format="+%d pictures"),
            "It would gain": points,
        },
        alt="What more pictures of each label would gain",
    )


def forecast_figure(
    points: Sequence[Mapping[str, Any]], curve: Sequence[Mapping[str, Any]]
) -> go.Figure:
    """Measured accuracy with its uncertainty, and the power law through it; shares 0–1."""
    figure = go.Figure()
    figure.add_scatter(
        x=[point["pictures"] for point in curve],
        y=[100 * point["accuracy"] for point in curve],
        mode="lines",
        name="Carried on",
        line={"color": CARRIED_ON, "dash": "dash"},
        hovertemplate="%{x:,.0f} pictures: about %{y:.0f} %<extra></extra>",
    )
    figure.add_scatter(
        x=[point["pictures"] for point in points],
        y=[100 * point["accuracy"] for point in points],
        mode="markers",
        name="Measured",
        marker={"color": MEASURED, "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [100 * (point["high"] - point["accuracy"]) for point in points],
            "arrayminus": [100 * (point["accuracy"] - point["low"]) for point in points],
        },
        hovertemplate="%{x:,.0f} pictures: %{y:.0f} % right<extra></extra>",
    )
    figure.update_layout(
        xaxis_title="Pictures to learn from",
        yaxis_title="Right answers, %",
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        height=320,
        legend={"orientation": "h", "y": 1.1},
    )
    return figure
