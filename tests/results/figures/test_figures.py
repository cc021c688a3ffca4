"""Figures: right data, axes that only grow, text that stays text."""

from __future__ import annotations

import math
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tlcore.results.figures.figures import (
    accuracy_figure,
    answers_figure,
    confusion_figure,
    grown_ceiling,
    loss_figure,
    percent,
    smooth,
)
from tlcore.training.fit.reporting.events import EpochDone, StepsDone

STEPS = [StepsDone(position=n / 4, loss=2 / n) for n in range(1, 13)]
EPOCHS = [
    EpochDone(
        n, 3, 1 / n, 1 - 1 / (n + 1), validation_loss=1.1 / n, validation_accuracy=1 - 1 / n,
        best=n < 3,
    )
    for n in (1, 2, 3)
]  # fmt: skip


def test_loss_figure_draws_steps_and_both_splits() -> None:
    figure = loss_figure(STEPS, EPOCHS, 10, key="run 1")
    steps, training, validation, best = figure.data
    assert len(steps.x) == 12
    assert list(training.y) == [1, 1 / 2, 1 / 3]
    assert list(validation.x) == [1, 2, 3]
    assert list(best.x) == [2] and list(best.y) == [1.1 / 2]
    assert figure.layout.uirevision == "run 1"
    assert tuple(figure.layout.xaxis.range) == (0, 10.5)


def test_a_live_figure_keeps_its_traces_and_x_axis_from_the_start() -> None:
    early, late = loss_figure([], [], 10), loss_figure(STEPS, EPOCHS, 10)
    assert [trace.name for trace in early.data] == [trace.name for trace in late.data]
    assert early.layout.xaxis.range == late.layout.xaxis.range
    figure = accuracy_figure(EPOCHS, 10)
    assert tuple(figure.layout.yaxis.range) == (0, 1.03)


def test_without_validation_the_curve_of_training_is_still_there() -> None:
    epochs = [replace(epoch, validation_loss=None, validation_accuracy=None) for epoch in EPOCHS]
    figure = loss_figure(STEPS, epochs, 3)
    assert len(figure.data[1].x) == 3 and len(figure.data[2].x) == 0


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30))
def test_the_loss_axis_only_grows_and_holds_everything(values: list[float]) -> None:
    tops = [grown_ceiling(values[:n]) for n in range(1, len(values) + 1)]
    assert all(top >= max(values[: n + 1]) for n, top in enumerate(tops))
    assert tops == sorted(tops)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50))
def test_smoothing_stays_within_what_it_smooths(values: list[float]) -> None:
    smoothed = smooth(values)
    assert math.isclose(smoothed[0], values[0], abs_tol=1e-9)
    assert min(values) - 1e-6 <= min(smoothed) and max(smoothed) <= max(values) + 1e-6


def test_labels_are_text_in_every_figure() -> None:
    names = ["<b>1</b>", "2020-01-01", "$x$"]
    confusion = confusion_figure([[3, 1, 0], [0, 2, 0], [0, 0, 0]], names)
    answers = answers_figure(names, [0.2, 0.7, 0.1])
    assert "<b>" not in confusion.to_json() and "\\u003cb" not in confusion.to_json()
    assert "&lt;b&gt;" in answers.to_json()
    assert list(answers.layout.yaxis.tickvals) == [0, 1, 2]
    assert answers.layout.yaxis.ticktext[0] == "2020-01-01"
    assert list(confusion.data[0].z[0]) == [0.75, 0.25, 0]
    assert confusion.data[0].customdata[0][1] == [0, 1]


def test_percentages_do_not_promise_too_much() -> None:
    shown = [percent(share) for share in (0, 0.001, 0.5, 0.934, 0.996, 1)]
    assert shown == ["0 %", "under 1 %", "50 %", "93 %", "over 99 %", "100 %"]
