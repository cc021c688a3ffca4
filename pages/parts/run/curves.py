"""The two live charts of a run: loss and right answers, drawn in place while they grow.

A piece of our own, because `st.plotly_chart` mounts anew whenever its data change (Streamlit 1.67
hashes the figure into the element's identity, also with a `key`): that flickers and forgets zoom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pages.parts.components.declare import declare_component
from tlcore.training.fit.reporting.events import EpochDone

MOST_STEPS = 400
TONES = 8

_mount = declare_component("curves", before=("drawing.js",))

Point = tuple[float, float]


@dataclass(frozen=True)
class OtherRun:
    """Another run's line under its name; `tone` (0 to 7) picks colour and dashes.

    Lines of one name belong together. It shows validation, or training where there is none.
    """

    name: str
    tone: int
    epochs: Sequence[EpochDone]


@dataclass(frozen=True)
class Curves:
    """What the charts show. Positions are in epochs; `guess` is the share that guessing gets.

    With `others` and no epochs of its own it shows settings side by side.
    """

    run: str
    planned: int
    steps: Sequence[Point] = ()
    epochs: Sequence[EpochDone] = ()
    phases: Sequence[int] = field(default=())
    guess: float | None = None
    others: Sequence[OtherRun] = ()


def draw_curves(curves: Curves, *, key: str) -> None:
    """Draw the charts; with the same `key` a later call updates them in place."""
    best = best_epoch(curves.epochs)
    side_by_side = bool(curves.others) and not curves.epochs and not curves.steps
    own_words = [] if side_by_side else [chart_words(curves.epochs)]
    _mount(
        key=key,
        data={
            "run": curves.run,
            "epochs": max(1, curves.planned),
            "steps": [list(point) for point in thinned(curves.steps)],
            "loss": _lines(curves.epochs, "loss"),
            "accuracy": _lines(curves.epochs, "accuracy"),
            "phases": list(curves.phases),
            "guess": curves.guess,
            "best": None if best is None else best.epoch,
            "others": [_other_lines(other) for other in curves.others],
            "lanes": side_by_side,
            "words": " ".join([*own_words, *map(_other_words, curves.others)]),
        },
    )


def best_epoch(epochs: Sequence[EpochDone]) -> EpochDone | None:
    """The best epoch so far; None before the first."""
    return next((epoch for epoch in reversed(epochs) if epoch.best), None)


def smoothed(values: Sequence[float], weight: float = 0.9) -> list[float]:
    """Exponential moving average, corrected for its start as in Adam (Kingma and Ba 2015)."""
    result, total, norm = [], 0.0, 0.0
    for value in values:
        total = weight * total + (1 - weight) * value
        norm = weight * norm + (1 - weight)
        result.append(total / norm)
    return result


def thinned(points: Sequence[Point], most: int = MOST_STEPS) -> list[Point]:
    """At most `most` points: every 2ⁿth, and always the last.

    What is dropped stays dropped as more points come, so that the line does not wobble.
    """
    stride = 1
    while len(points) > most * stride:
        stride *= 2
    kept = list(points[stride - 1 :: stride])
    if points and kept[-1:] != [points[-1]]:
        kept.append(points[-1])
    return kept


def chart_words(epochs: Sequence[EpochDone]) -> str:
    """The charts in words, for screen readers."""
    if not epochs:
        return "Loss and right answers for each epoch. There is no point yet."
    last = epochs[-1]
    words = f"Loss and right answers after {last.epoch} epochs. "
    words += f"Training loss {last.train_loss:.2f}"
    if last.validation_accuracy is not None:
        words += f", {100 * last.validation_accuracy:.0f} % right on validation pictures"
    return f"{words}."


def _lines(epochs: Sequence[EpochDone], what: str) -> dict[str, list[list[float]]]:
    lines: dict[str, list[list[float]]] = {}
    for split, name in (("train", "training"), ("validation", "validation")):
        values = [(epoch.epoch, getattr(epoch, f"{split}_{what}")) for epoch in epochs]
        lines[name] = [[epoch, value] for epoch, value in values if value is not None]
    return lines


def _other_lines(other: OtherRun) -> dict[str, Any]:
    lines = {"loss": _lines(other.epochs, "loss"), "accuracy": _lines(other.epochs, "accuracy")}
    shown = {what: line["validation"] or line["training"] for what, line in lines.items()}
    return {"name": other.name, "tone": other.tone % TONES, **shown}


def _other_words(other: OtherRun) -> str:
    accuracies = [epoch.validation_accuracy for epoch in other.epochs]
    known = [share for share in accuracies if share is not None]
    return f"{other.name}: {100 * max(known):.0f} % right at best." if known else f"{other.name}."
