"""The curve of a search for a learning rate as a plotly figure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from tlcore.results.figures.figures import BEST_COLOUR, QUIET_COLOUR, TRAINING_COLOUR

HEIGHT = 300
HEADROOM = 1.25  # times the first loss: what lies higher says only that it ran away


def rate_figure(
    points: Sequence[tuple[float, float]], suggestion: float | None, now: float, *, key: str
) -> go.Figure:
    """Loss against learning rate (powers of ten), with the suggestion and the rate set `now`.

    `points` are (rate, loss) in rising rates; `key` names the search, so that zoom is kept.
    """
    rates, losses = [rate for rate, _ in points], [loss for _, loss in points]
    figure = go.Figure()
    figure.add_scatter(
        x=rates, y=losses, mode="lines", name="loss", line={"color": TRAINING_COLOUR, "width": 2.5},
        hovertemplate="rate %{x:.2g}: loss %{y:.2f}<extra></extra>",
    )  # fmt: skip
    if suggestion is not None:
        at = min(range(len(rates)), key=lambda index: abs(rates[index] / suggestion - 1))
        figure.add_scatter(
            x=[suggestion], y=[losses[at]], mode="markers+text", text=["suggested"],
            textposition="top right", hoverinfo="skip",
            marker={"color": BEST_COLOUR, "size": 13, "symbol": "diamond"},
        )  # fmt: skip
    figure.add_vline(now, line={"color": QUIET_COLOUR, "dash": "dot"})
    figure.add_annotation(  # unlike shapes, annotations count a logarithmic axis in powers
        x=math.log10(now), xanchor="right", xshift=-4, y=1, yref="paper", yanchor="top",
        text="set now", showarrow=False,
    )  # fmt: skip
    figure.update_xaxes(
        type="log", exponentformat="power", dtick=1, title="Learning rate of the head"
    )
    top = HEADROOM * losses[0] if losses else 1.0
    figure.update_yaxes(range=[0, top], title="Loss (lower is better)")
    return figure.update_layout(
        showlegend=False, height=HEIGHT, margin={"l": 8, "r": 8, "t": 16, "b": 8}, uirevision=key
    )
