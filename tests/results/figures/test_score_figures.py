"""Figures of a score: right data, and names of labels as text."""

from __future__ import annotations

from tlcore.results.figures.score_figures import (
    coverage_figure,
    map_figure,
    precision_recall_figure,
    reliability_figure,
    roc_figure,
    stress_figure,
    two_runs_figure,
)
from tlcore.results.score.calibration import coverage, reliability
from tlcore.training.fit.reporting.events import EpochDone

SHARES = [[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.8, 0.2]]
TARGETS = [0, 1, 1, 0]
NASTY = "<b>x</b>"


def test_reliability_and_declining() -> None:
    bins = [each.__dict__ for each in reliability(SHARES, TARGETS)]
    figure = reliability_figure(bins, bins, key="run")
    assert list(figure.data[2].y) == [each["accuracy"] for each in bins]
    curve = [point.__dict__ for point in coverage(SHARES, TARGETS)]
    figure = coverage_figure(curve, 0.65, key="run")
    assert list(figure.data[1].x) == [0.75] and list(figure.data[1].y) == [1.0]
    assert len(figure.data[0].x) == 91  # above 90 % nothing is answered
    assert not coverage_figure([], 0.5, key="run").data[1].x


def test_two_label_curves_name_the_label_as_text() -> None:
    roc = roc_figure({"false": [0, 1], "true": [0.5, 1]}, NASTY, key="run")
    both = precision_recall_figure(
        {"precision": [1, 0.5], "recall": [0, 1], "share": 0.5}, NASTY, key="run"
    )
    for figure in (roc, both):
        assert "<b>" not in figure.to_json() and "&lt;b&gt;" in figure.to_json()


def test_stress_map_and_two_runs() -> None:
    rows = [
        {"words": kind, "level": level, "strength": "x", "accuracy": 0.9 - level / 10}
        for kind in ("Blurred", "Noisy") for level in range(3)
    ]  # fmt: skip
    figure = stress_figure(rows, 0.95, key="run")
    assert [list(trace.x) for trace in figure.data] == [[0.7] * 2, [0.8] * 2, [0.9] * 2]
    places = [[0, 0], [1, 1], [-1, 0]]
    chart = map_figure(places, [0, 1, 0], (NASTY, "b"), [False, True, False], "t", key="run")
    assert list(chart.data[0].x) == [0, -1] and list(chart.data[1].marker.line.width) == [2]
    assert "<b>" not in chart.to_json()
    epochs = [EpochDone(1, 2, 1.0, 0.5, validation_loss=2.0), EpochDone(2, 2, 1.0, 0.5)]
    runs = [("Run 1", epochs), (NASTY, [])]
    both = two_runs_figure(runs, "validation_loss", "t", share=False, key="run")
    assert list(both.data[0].y) == [2.0] and not both.data[1].x
    assert "<b>" not in both.to_json()
