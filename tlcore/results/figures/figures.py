"""Data → plotly figures. Pure functions that know nothing of screens, and nothing of torch.

Colours are Okabe and Ito's, which colour-blind readers can tell apart; lines also differ in dash
and marker. Axes only ever grow, so that a live chart does not jump, and `uirevision` keeps a
reader's zoom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from tlcore.results.figures.escape import plotly_text
from tlcore.training.fit.reporting.events import EpochDone, StepsDone

TRAINING_COLOUR = "#0072B2"
VALIDATION_COLOUR = "#D55E00"
BEST_COLOUR = "#009E73"
QUIET_COLOUR = "#7F7F7F"
CONFUSION_SCALE = [[0.0, "rgba(0,114,178,0.04)"], [0.5, "#56B4E9"], [1.0, "#0072B2"]]
LABEL_LENGTH = 28
SHOWN_ANSWERS = 5
MARGIN = {"l": 8, "r": 8, "t": 36, "b": 8}

Epochs = Sequence[EpochDone]


def loss_figure(
    steps: Sequence[StepsDone], epochs: Epochs, planned_epochs: int, *, key: str = "loss"
) -> go.Figure:
    """Loss against epochs: the smoothed training loss of every step, and both splits per epoch.

    `key` names the run, so that zoom is kept within one run and forgotten between two.
    """
    figure = go.Figure()
    known = [(step.position, step.loss) for step in steps if step.loss is not None]
    positions = [position for position, _ in known]
    smoothed = smooth([loss for _, loss in known])
    figure.add_scatter(
        x=positions, y=smoothed, mode="lines", name="training, step by step",
        line={"color": TRAINING_COLOUR, "width": 1.5}, opacity=0.45, hoverinfo="skip",
    )  # fmt: skip
    highest = _add_epochs(figure, epochs, "train_loss", "validation_loss", "%{y:.3f}")
    _add_best(figure, epochs, "validation_loss", "train_loss")
    top = grown_ceiling([*smoothed, highest])
    return _live(figure, "Loss (lower is better)", planned_epochs, [0, top], key)


def accuracy_figure(epochs: Epochs, planned_epochs: int, *, key: str = "accuracy") -> go.Figure:
    """Share of right answers against epochs, for training and validation."""
    figure = go.Figure()
    _add_epochs(figure, epochs, "train_accuracy", "validation_accuracy", "%{y:.0%}")
    _add_best(figure, epochs, "validation_accuracy", "train_accuracy")
    _live(figure, "Right answers (higher is better)", planned_epochs, [0, 1.03], key)
    return figure.update_yaxes(tickformat=".0%", dtick=0.25)


def confusion_figure(
    confusion: Sequence[Sequence[int]], labels: Sequence[str], *, key: str = "confusion"
) -> go.Figure:
    """A heatmap of counts: rows are what it is, columns what was answered; shades by row share.

    `customdata` of a cell is [row, column], so that a click can open the pictures behind it.
    """
    shares = [[count / max(1, sum(row)) for count in row] for row in confusion]
    names = [plotly_text(label, longest=LABEL_LENGTH) for label in labels]
    places = list(range(len(labels)))
    whole = [plotly_text(label) for label in labels]
    hover = [[f"{whole[i]}, answered {whole[j]}: {row[j]}" for j in places]
            for i, row in enumerate(confusion)]  # fmt: skip
    figure = go.Figure(
        go.Heatmap(
            z=shares, x=places, y=places, zmin=0, zmax=1, colorscale=CONFUSION_SCALE,
            showscale=False, xgap=2, ygap=2, text=[[str(n) for n in row] for row in confusion],
            texttemplate="%{text}", hovertext=hover, hovertemplate="%{hovertext}<extra></extra>",
            customdata=[[[i, j] for j in places] for i in places],
        )
    )  # fmt: skip
    axis = {"tickvals": places, "ticktext": names, "showgrid": False, "zeroline": False}
    figure.update_xaxes(title="answered", side="top", **axis)
    figure.update_yaxes(title="what it is", autorange="reversed", **axis)
    height = 140 + 44 * len(labels)
    return figure.update_layout(uirevision=key, height=height, margin={**MARGIN, "t": 80})


def answers_figure(
    labels: Sequence[str], probabilities: Sequence[float], *, key: str = "answers"
) -> go.Figure:
    """The likeliest labels as bars with percentages, likeliest on top."""
    order = sorted(range(len(labels)), key=lambda i: -probabilities[i])[:SHOWN_ANSWERS]
    places = list(range(len(order)))
    figure = go.Figure(
        go.Bar(
            x=[probabilities[i] for i in order], y=places, orientation="h",
            text=[percent(probabilities[i]) for i in order], textposition="outside",
            cliponaxis=False, hoverinfo="skip",
            marker={"color": [BEST_COLOUR if n == 0 else QUIET_COLOUR for n in places]},
        )
    )  # fmt: skip
    names = [plotly_text(labels[i], longest=LABEL_LENGTH) for i in order]
    figure.update_xaxes(range=[0, 1.18], visible=False, fixedrange=True)
    figure.update_yaxes(tickvals=places, ticktext=names, autorange="reversed", fixedrange=True)
    height = 40 + 42 * len(order)
    return figure.update_layout(uirevision=key, height=height, margin=MARGIN, bargap=0.35)


def percent(share: float) -> str:
    """0.934 as “93 %”; neither 100 % nor 0 % unless it is so to a tenth of a percent."""
    if 0.995 <= share < 0.9995:
        return "over 99 %"
    if 0.0005 < share < 0.005:
        return "under 1 %"
    return f"{100 * share:.0f} %"


def smooth(values: Sequence[float], weight: float = 0.9) -> list[float]:
    """Exponential moving average without the bias of its start (as Adam corrects its moments)."""
    smoothed, total, norm = [], 0.0, 0.0
    for value in values:
        total = weight * total + (1 - weight) * value
        norm = weight * norm + (1 - weight)
        smoothed.append(total / norm)
    return smoothed


def grown_ceiling(values: Sequence[float]) -> float:
    """An upper end for an axis from 0: the next of 1, 1.5, 2, 3, 5, 7.5 × 10ⁿ, at least 0.1.

    As values are only ever added, the end only ever grows, and in few steps.
    """
    largest = max([0.09, *(value for value in values if math.isfinite(value))])
    decade = 10.0 ** math.floor(math.log10(largest))
    for factor in (1.0, 1.5, 2.0, 3.0, 5.0, 7.5):
        if largest * 1.02 <= factor * decade:
            return factor * decade
    return 10.0 * decade


def _add_epochs(
    figure: go.Figure, epochs: Epochs, training: str, validation: str, shown: str
) -> float:
    """Add both splits' points; the largest value is returned (0 without any)."""
    largest = 0.0
    lines = (
        (training, "training", TRAINING_COLOUR, "circle", "solid"),
        (validation, "validation", VALIDATION_COLOUR, "diamond", "dash"),
    )
    for field, name, colour, symbol, dash in lines:
        shown_epochs = [epoch for epoch in epochs if getattr(epoch, field) is not None]
        values = [float(getattr(epoch, field)) for epoch in shown_epochs]
        figure.add_scatter(
            x=[epoch.epoch for epoch in shown_epochs], y=values, mode="lines+markers", name=name,
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={"symbol": symbol, "size": 7},
            hovertemplate=f"{name} after epoch %{{x}}: {shown}<extra></extra>",
        )  # fmt: skip
        largest = max([largest, *(value for value in values if math.isfinite(value))])
    return largest


def _add_best(figure: go.Figure, epochs: Epochs, field: str, otherwise: str) -> None:
    """Ring the best epoch so far; the trace is always there, so a live chart keeps its order."""
    best = next((epoch for epoch in reversed(epochs) if epoch.best), None)
    value = getattr(best, field, None)
    value = getattr(best, otherwise, None) if value is None else value
    figure.add_scatter(
        x=[] if best is None or value is None else [best.epoch],
        y=[] if value is None else [value],
        mode="markers", name="best epoch", hoverinfo="skip",
        marker={"symbol": "circle-open", "size": 16, "color": BEST_COLOUR, "line": {"width": 3}},
    )  # fmt: skip


def _live(
    figure: go.Figure, title: str, planned_epochs: int, y_range: Sequence[float], key: str
) -> go.Figure:
    figure.update_xaxes(title="epoch", range=[0, max(1, planned_epochs) + 0.5], zeroline=False)
    figure.update_yaxes(range=list(y_range), zeroline=False)
    legend = {"orientation": "h", "yanchor": "top", "y": -0.18, "x": 0}
    return figure.update_layout(
        title=title, uirevision=key, legend=legend, margin=MARGIN, height=340, hovermode="closest"
    )
