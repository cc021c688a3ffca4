"""Accuracy against depth, drawn: every stage in order, the best one ringed, names as text."""

from __future__ import annotations

from tlcore.quality.probe.measured import StageProbe, StagesProbe
from tlcore.results.figures.transfer_figures import depth_figure, depth_words


def probe(*accuracies: float) -> StagesProbe:
    best = max(range(len(accuracies)), key=lambda index: accuracies[index])
    return StagesProbe(
        backbone="b", fingerprint="f", pictures=100, labels=4, training=80, checking=20,
        smallest=20, commonest=0.25, best=best, gain=accuracies[best] - accuracies[-1],
        gain_error=0.02, decoding=0.001,
        stages=tuple(StageProbe(f"s{i}", f"<b>{i}", a, 0.03, 0.001)
                     for i, a in enumerate(accuracies)),
    )  # fmt: skip


def test_every_stage_is_a_point_with_its_error() -> None:
    figure = depth_figure(probe(0.5, 0.8, 0.7))
    line, ring, words = figure.data
    assert list(line.y) == [0.5, 0.8, 0.7]
    assert list(line.error_y.array) == [0.03] * 3
    assert (list(ring.x), list(ring.y)) == ([1], [0.8])
    assert list(words.text) == ["50%", "80%", "70%"] and words.y[1] > 0.8, "above its error bar"
    assert figure.layout.shapes[0].y0 == 0.25, "what guessing scores"


def test_names_are_text_and_the_axis_holds_every_point() -> None:
    figure = depth_figure(probe(0.2, 1.0))
    assert all("<" not in name for name in figure.layout.xaxis.ticktext)
    low, high = figure.layout.yaxis.range
    assert low <= 0.2 and high >= 1.0


def test_the_figure_is_said_for_those_who_cannot_see_it() -> None:
    assert "<b>1 80%" in depth_words(probe(0.5, 0.8))
