"""How well each stage tells a project's labels apart, as a plotly figure. It knows no screens."""

from __future__ import annotations

import plotly.graph_objects as go

from tlcore.quality.probe.measured import StagesProbe
from tlcore.results.figures.escape import plotly_text
from tlcore.results.figures.figures import BEST_COLOUR, MARGIN, QUIET_COLOUR, TRAINING_COLOUR

HEIGHT = 300
HIGHEST = 1.12  # room for a percentage above the highest point


def depth_figure(probe: StagesProbe) -> go.Figure:
    """Right answers of a linear probe against depth, from the input to the last stage.

    Bars of error are one standard error; a dotted line is what always giving one answer scores.
    """
    places = list(range(len(probe.stages)))
    shares = [stage.accuracy for stage in probe.stages]
    figure = go.Figure()
    figure.add_scatter(
        x=places, y=shares, mode="lines+markers", name="right answers", cliponaxis=False,
        line={"color": TRAINING_COLOUR, "width": 2.5}, marker={"size": 8},
        error_y={"array": [stage.error for stage in probe.stages], "thickness": 1.5, "width": 5},
        hovertemplate="%{x}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[probe.best], y=[shares[probe.best]], mode="markers", name="best stage",
        hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 18, "color": BEST_COLOUR, "line": {"width": 3}},
    )  # fmt: skip
    figure.add_scatter(
        x=places, y=[stage.accuracy + stage.error for stage in probe.stages], mode="text",
        text=[f"{share:.0%}" for share in shares], textposition="top center", cliponaxis=False,
        hoverinfo="skip",
    )  # fmt: skip
    figure.add_hline(
        y=probe.commonest, line={"color": QUIET_COLOUR, "dash": "dot", "width": 1.5},
        annotation={"text": "always the same answer", "font": {"size": 12}},
        annotation_position="bottom right",
    )  # fmt: skip
    names = [plotly_text(stage.title) for stage in probe.stages]
    spare = 0.4
    figure.update_xaxes(
        tickvals=places, ticktext=names, range=[-spare, len(places) - 1 + spare],
        zeroline=False, showgrid=False, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(
        range=[0, HIGHEST], tickformat=".0%", dtick=0.25, zeroline=False, fixedrange=True
    )
    margin = {**MARGIN, "t": 16}
    return figure.update_layout(height=HEIGHT, margin=margin, showlegend=False)


def depth_words(probe: StagesProbe) -> str:
    """The figure for those who cannot see it."""
    words = ", ".join(f"{stage.title} {stage.accuracy:.0%}" for stage in probe.stages)
    return f"Right answers by stage, from the input up: {words}."
