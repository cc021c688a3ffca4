"""The charts of the lessons: numbers → plotly figures and small pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from pages.parts.learn.evaluation_experiments import Fit
from pages.parts.learn.small_network import Floats
from pages.parts.learn.transfer_experiments import AMOUNTS, Forgetting

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8A8F8C"
MARGIN = {"l": 8, "r": 8, "t": 12, "b": 8}
LEGEND = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
LINES = (("circle", "solid", BLUE), ("diamond", "dash", GREEN), ("square", "dot", ORANGE))


def transfer_figure(curves: Mapping[str, Sequence[float]], amount: int) -> go.Figure:
    """Accuracy against pictures per label; the chosen amount is marked."""
    figure = go.Figure()
    for (name, values), (symbol, dash, colour) in zip(curves.items(), LINES, strict=True):
        figure.add_scatter(
            x=[str(n) for n in AMOUNTS], y=list(values), name=name, mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"symbol": symbol, "size": 9},
            hovertemplate=f"{name}: %{{y:.0%}}<extra></extra>",
        )  # fmt: skip
    place = AMOUNTS.index(amount)
    figure.add_vline(x=place, line={"color": GREY, "dash": "dot", "width": 1.5})
    figure.update_xaxes(title="pictures per label", type="category")
    return _shares(figure, 360)


def forgetting_figure(points: Sequence[Forgetting], chosen: int) -> go.Figure:
    """Accuracy on the new and on the old digits against the backbone's learning rate."""
    names = ["frozen" if point.rate == 0 else f"{point.rate:g}" for point in points]
    figure = go.Figure()
    rows = (
        ("your new digits", [point.new for point in points], LINES[0]),
        ("the old digits, asked again", [point.old for point in points], LINES[2]),
    )
    for name, values, (symbol, dash, colour) in rows:
        figure.add_scatter(
            x=names, y=values, name=name, mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"symbol": symbol, "size": 9},
            hovertemplate=f"{name}: %{{y:.0%}}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=chosen, line={"color": GREY, "dash": "dot", "width": 1.5})
    figure.update_xaxes(title="learning rate of the borrowed part", type="category")
    return _shares(figure, 340)


def fit_figure(fit: Fit) -> go.Figure:
    """Training points, new points, the true wave and the fitted curve."""
    figure = go.Figure()
    figure.add_scatter(
        x=fit.curve[0], y=fit.truth, mode="lines", name="the truth",
        line={"color": GREY, "dash": "dot", "width": 2}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=fit.curve[0], y=fit.curve[1], mode="lines", name="what it learned",
        line={"color": BLUE, "width": 3}, hoverinfo="skip",
    )  # fmt: skip
    for name, (x, y), colour, symbol in (
        ("dots to learn from", fit.known, BLUE, "circle"),
        ("new dots", fit.fresh, ORANGE, "diamond-open"),
    ):
        figure.add_scatter(
            x=x, y=y, mode="markers", name=name, hoverinfo="skip",
            marker={"color": colour, "size": 9, "symbol": symbol},
        )  # fmt: skip
    figure.update_xaxes(range=[-0.02, 1.02], showticklabels=False, zeroline=False, fixedrange=True)
    figure.update_yaxes(range=[-1.9, 1.9], showticklabels=False, zeroline=False, fixedrange=True)
    return figure.update_layout(height=340, margin=MARGIN, legend=LEGEND)


def turned_figure(
    curves: Mapping[str, Sequence[float]], angles: Sequence[int], at: int
) -> go.Figure:
    """Accuracy against the angle by which the pictures are rotated."""
    figure = go.Figure()
    for (name, values), (symbol, dash, colour) in zip(curves.items(), LINES, strict=False):
        figure.add_scatter(
            x=list(angles), y=list(values), name=name, mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"symbol": symbol, "size": 8},
            hovertemplate=f"{name}: %{{y:.0%}}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=at, line={"color": GREY, "dash": "dot", "width": 1.5})
    figure.update_xaxes(title="turned by (degrees)", tickvals=list(angles)[::2], zeroline=False)
    return _shares(figure, 320)


def enlarged(picture: Floats, side: int = 160) -> NDArray[np.uint8]:
    """A picture (H, W) with ink from 0 to 1 as dark squares on white, about `side` pixels high."""
    factor = max(1, side // picture.shape[0])
    grey = np.round(255 * (1 - np.clip(picture, 0, 1))).astype(np.uint8)
    return np.kron(grey, np.ones((factor, factor), np.uint8))


def weights_figure(weights: Floats) -> go.Figure:
    """Weights (8, 8) by pixel: those for an 8 in orange, those for a 3 in blue."""
    largest = float(np.abs(weights).max())
    figure = go.Figure(
        go.Heatmap(
            z=weights[::-1], zmin=-largest, zmax=largest, showscale=False, hoverinfo="skip",
            colorscale=[[0, BLUE], [0.5, "#F2F2F2"], [1, ORANGE]], xgap=1, ygap=1,
        )
    )  # fmt: skip
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(visible=False, fixedrange=True, scaleanchor="x")
    return figure.update_layout(height=200, margin={"l": 0, "r": 0, "t": 0, "b": 0})


def _shares(figure: go.Figure, height: int) -> go.Figure:
    figure.update_yaxes(title="right answers", range=[0, 1.03], tickformat=".0%", zeroline=False)
    return figure.update_layout(height=height, margin=MARGIN, legend=LEGEND, hovermode="closest")
