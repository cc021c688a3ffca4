"""Figures of a score: reliability, declining, two-label curves, stress, maps, curves of two runs.

Data → plotly figures. Pure functions that know nothing of screens, and nothing of torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from tlcore.results.figures.escape import plotly_text
from tlcore.results.figures.figures import (
    BEST_COLOUR,
    LABEL_LENGTH,
    MARGIN,
    QUIET_COLOUR,
    TRAINING_COLOUR,
    VALIDATION_COLOUR,
    Epochs,
)

Rows = Sequence[Mapping[str, Any]]
LABEL_COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B4A800", "#6E6E6E",
)  # fmt: skip
LABEL_MARKS = ("circle", "square", "diamond", "cross", "triangle-up", "x", "star", "pentagon")
HEIGHT = 330
LEGEND = {"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0}


def reliability_figure(before: Rows, after: Rows, *, key: str) -> go.Figure:
    """How often right against how sure. On the dotted line percentages can be believed."""
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="honest", hoverinfo="skip",
                       line={"color": QUIET_COLOUR, "dash": "dot"})  # fmt: skip
    lines = (
        (before, "as it came", VALIDATION_COLOUR, "diamond-open", "dash"),
        (after, "as it is now", TRAINING_COLOUR, "circle", "solid"),
    )
    for bins, name, colour, symbol, dash in lines:
        figure.add_scatter(
            x=[row["sureness"] for row in bins], y=[row["accuracy"] for row in bins],
            mode="lines+markers", name=name, line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 8}, customdata=[row["number"] for row in bins],
            hovertemplate="%{customdata} answers about %{x:.0%} sure: %{y:.0%} right"
                          "<extra></extra>",
        )  # fmt: skip
    return _shares(figure, "how sure it is", "how often it is right", key)


def coverage_figure(coverage: Rows, threshold: float, *, key: str) -> go.Figure:
    """Right answers against the share answered; the ring is the chosen threshold."""
    given = [row for row in coverage if row["accuracy"] is not None]
    figure = go.Figure()
    figure.add_scatter(
        x=[row["answered"] for row in given], y=[row["accuracy"] for row in given],
        mode="lines", name="every threshold", line={"color": TRAINING_COLOUR, "width": 2.5},
        customdata=[row["threshold"] for row in given],
        hovertemplate="below %{customdata:.0%} it declines: %{x:.0%} answered, %{y:.0%} of them "
                      "right<extra></extra>",
    )  # fmt: skip
    chosen = min(given, key=lambda row: abs(row["threshold"] - threshold), default=None)
    figure.add_scatter(
        x=[] if chosen is None else [chosen["answered"]],
        y=[] if chosen is None else [chosen["accuracy"]],
        mode="markers", name="chosen", hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 16, "color": BEST_COLOUR, "line": {"width": 3}},
    )  # fmt: skip
    _shares(figure, "share of pictures answered", "right of those", key)
    lowest = min((row["accuracy"] for row in given), default=0.0)
    return figure.update_yaxes(range=[max(0.0, min(0.9, lowest) - 0.1), 1.02])


def roc_figure(curve: Mapping[str, Any], label: str, *, key: str) -> go.Figure:
    """Found pictures of one label against false alarms, at every threshold."""
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", name="guessing", hoverinfo="skip",
                       line={"color": QUIET_COLOUR, "dash": "dot"})  # fmt: skip
    figure.add_scatter(x=curve["false"], y=curve["true"], mode="lines", name="this classifier",
                       line={"color": TRAINING_COLOUR, "width": 2.5},
                       hovertemplate="%{y:.0%} found with %{x:.0%} false alarms<extra></extra>",
                       )  # fmt: skip
    name = plotly_text(label, longest=LABEL_LENGTH)
    return _shares(figure, "false alarms among the others", f"found of “{name}”", key)


def precision_recall_figure(curve: Mapping[str, Any], label: str, *, key: str) -> go.Figure:
    """How often right when one label is answered, against how many of it are found."""
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[curve["share"]] * 2, mode="lines", name="guessing",
                       hoverinfo="skip", line={"color": QUIET_COLOUR, "dash": "dot"})  # fmt: skip
    figure.add_scatter(x=curve["recall"], y=curve["precision"], mode="lines",
                       name="this classifier", line={"color": TRAINING_COLOUR, "width": 2.5},
                       hovertemplate="%{x:.0%} found, %{y:.0%} right when answered"
                                     "<extra></extra>")  # fmt: skip
    name = plotly_text(label, longest=LABEL_LENGTH)
    return _shares(figure, f"found of “{name}”", "right when answered", key)


def stress_figure(rows: Rows, plain: float, *, key: str) -> go.Figure:
    """The score under each change, from a little to strongly; the line is the plain score."""
    names = list(dict.fromkeys(row["words"] for row in rows))
    colours = ("#56B4E9", TRAINING_COLOUR, "#00375C")
    figure = go.Figure()
    # the last bar of a group is drawn on top
    for level, word in reversed(list(enumerate(("a little", "clearly", "strongly")))):
        chosen = [row for row in rows if row["level"] == level]
        figure.add_bar(
            y=[row["words"] for row in chosen], x=[row["accuracy"] for row in chosen],
            orientation="h", name=word, marker={"color": colours[level]},
            customdata=[row["strength"] for row in chosen],
            hovertemplate="%{y}, %{customdata}: %{x:.0%} right<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=plain, line={"color": QUIET_COLOUR, "dash": "dot"})
    figure.update_xaxes(range=[0, 1.02], tickformat=".0%", fixedrange=True, title="right answers")
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1], fixedrange=True)
    legend = {**LEGEND, "y": -0.14, "traceorder": "reversed"}
    return figure.update_layout(
        barmode="group", bargap=0.25, uirevision=key, height=90 + 64 * len(names), margin=MARGIN,
        legend=legend,
    )  # fmt: skip


def map_figure(
    places: Sequence[Sequence[float]], targets: Sequence[int], labels: Sequence[str],
    wrong: Sequence[bool], title: str, *, key: str,
) -> go.Figure:  # fmt: skip
    """Pictures as points, one colour and one mark per label; mistakes are ringed."""
    figure = go.Figure()
    for number in sorted(set(targets)):
        chosen = [i for i, target in enumerate(targets) if target == number]
        name = plotly_text(labels[number], longest=LABEL_LENGTH)
        figure.add_scatter(
            x=[places[i][0] for i in chosen], y=[places[i][1] for i in chosen], mode="markers",
            name=name, hovertemplate=f"{name}<extra></extra>",
            marker={
                "color": LABEL_COLOURS[number % len(LABEL_COLOURS)], "size": 8, "opacity": 0.85,
                "symbol": LABEL_MARKS[(number + number // 8) % len(LABEL_MARKS)],
                "line": {"width": [2 if wrong[i] else 0 for i in chosen], "color": "#E00000"},
            },
        )  # fmt: skip
    axis = {"visible": False, "range": [-1.08, 1.08], "fixedrange": True}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure.update_layout(
        title=title, uirevision=key, height=400, margin=MARGIN, legend={**LEGEND, "y": -0.02}
    )


def two_runs_figure(
    runs: Sequence[tuple[str, Epochs]], field: str, title: str, *, share: bool, key: str
) -> go.Figure:
    """One curve of the epochs of several runs, over one another."""
    figure = go.Figure()
    styles = ((TRAINING_COLOUR, "circle", "solid"), (VALIDATION_COLOUR, "diamond", "dash"))
    for number, (name, epochs) in enumerate(runs):
        colour, symbol, dash = styles[number % len(styles)]
        known = [epoch for epoch in epochs if getattr(epoch, field) is not None]
        shown = "%{y:.0%}" if share else "%{y:.3f}"
        figure.add_scatter(
            x=[epoch.epoch for epoch in known], y=[getattr(epoch, field) for epoch in known],
            mode="lines+markers", name=plotly_text(name, longest=40),
            line={"color": colour, "dash": dash, "width": 2.5},
            marker={"symbol": symbol, "size": 7},
            hovertemplate=f"epoch %{{x}}: {shown}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="epoch", zeroline=False, rangemode="tozero")
    figure.update_yaxes(zeroline=False, rangemode="tozero")
    if share:
        figure.update_yaxes(tickformat=".0%", range=[0, 1.03])
    return figure.update_layout(title=title, uirevision=key, height=HEIGHT, margin=MARGIN,
                                legend=LEGEND)  # fmt: skip


def _shares(figure: go.Figure, across: str, upward: str, key: str) -> go.Figure:
    axis = {"range": [0, 1.02], "tickformat": ".0%", "zeroline": False, "fixedrange": True}
    figure.update_xaxes(title=across, **axis)
    figure.update_yaxes(title=upward, **axis)
    return figure.update_layout(uirevision=key, height=HEIGHT, margin=MARGIN, legend=LEGEND)
