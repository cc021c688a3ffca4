"""Figures for paper: small SVG drawings by matplotlib, which no screen of ours uses. No torch."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from tlcore.results.figures.figures import (
    BEST_COLOUR,
    QUIET_COLOUR,
    TRAINING_COLOUR,
    VALIDATION_COLOUR,
)

Rows = Sequence[Mapping[str, Any]]
LONGEST = 18
SMALL_FROM = 12  # labels from which the counts are left out of a confusion matrix


def confusion_svg(confusion: Sequence[Sequence[int]], labels: Sequence[str]) -> str:
    """Counts with their shade by row: rows are what it is, columns what was answered."""
    side = max(3.2, min(7.0, 1.6 + 0.42 * len(labels)))
    figure = Figure(figsize=(side + 0.6, side))
    axes = figure.subplots()
    shares = [[count / max(1, sum(row)) for count in row] for row in confusion]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [_short(label) for label in labels]
    places = range(len(labels))
    axes.set_xticks(places, names, rotation=45, ha="right", parse_math=False)
    axes.set_yticks(places, names, parse_math=False)
    axes.set(xlabel="answered", ylabel="it is")
    if len(labels) <= SMALL_FROM:
        for i, row in enumerate(confusion):
            for j, count in enumerate(row):
                colour = "white" if shares[i][j] > 0.6 else "black"
                axes.text(j, i, str(count), ha="center", va="center", color=colour)
    return _svg(figure)


def reliability_svg(before: Rows, after: Rows) -> str:
    """How often right against how sure; the dotted line is honest."""
    figure = Figure(figsize=(3.6, 3.2))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], ":", color=QUIET_COLOUR, label="honest")
    lines = ((before, "before", VALIDATION_COLOUR, "s--"), (after, "now", TRAINING_COLOUR, "o-"))
    for bins, name, colour, style in lines:
        sure, right = [row["sureness"] for row in bins], [row["accuracy"] for row in bins]
        axes.plot(sure, right, style, color=colour, label=name, markersize=4)
    axes.set(
        xlim=(0, 1.02), ylim=(0, 1.02), xlabel="how sure it is", ylabel="how often it is right"
    )
    axes.legend(frameon=False, loc="upper left")
    return _svg(figure)


def coverage_svg(coverage: Rows, threshold: float) -> str:
    """Accuracy of the answers given against the share of pictures answered."""
    figure = Figure(figsize=(3.6, 3.2))
    axes = figure.subplots()
    given = [row for row in coverage if row["accuracy"] is not None]
    axes.plot([row["answered"] for row in given], [row["accuracy"] for row in given],
              color=TRAINING_COLOUR)  # fmt: skip
    chosen = [row for row in given if row["threshold"] >= threshold]
    if threshold > 0 and chosen:
        axes.plot(chosen[0]["answered"], chosen[0]["accuracy"], "o", color=BEST_COLOUR)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="share answered", ylabel="right of those")
    return _svg(figure)


def _svg(figure: Figure) -> str:
    """The drawing as one <svg> element, without a date, so that the same data gives the same."""
    figure.set_layout_engine("constrained")
    buffer = io.StringIO()
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "graft", "font.family": "sans-serif"}
    with matplotlib.rc_context(settings):
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata={"Date": None})
    return re.sub(r"^.*?(?=<svg)", "", buffer.getvalue(), flags=re.DOTALL)


def _short(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
