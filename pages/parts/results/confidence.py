"""Confidence: calibration, the threshold for “I don't know”, and out-of-distribution pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.side_by_side import side_by_side
from pages.parts.frame.text import count
from pages.parts.results.out_of_distribution import draw_out_of_distribution
from pages.parts.run.choice import ChosenRun
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.results.figures.figures import percent
from tlcore.results.figures.score_figures import coverage_figure, reliability_figure
from tlcore.workspace.records import Project

FLAT = {"displayModeBar": False}
GOOD, FAIR = 0.05, 0.12  # expected calibration error up to which percentages are good, or fair


def draw_confidence(project: Project, chosen: ChosenRun, details: Mapping[str, Any]) -> None:
    """Reliability, the “I don't know” slider, and pictures of something else."""
    calibration = details["calibration"]
    st.subheader("Can its percentages be believed?", anchor=False)
    st.write(calibration_words(calibration, details["total"]))
    chart, slider = side_by_side(2)
    with chart:
        figure = reliability_figure(calibration["bins_before"], calibration["bins"], key="honest")
        st.plotly_chart(figure, key="reliability", config=FLAT)
        st.caption(
            f"On the dotted line, 80 % sure means right in 80 of 100. Expected calibration error: "
            f"{100 * calibration['ece']:.1f} %, before adjustment "
            f"{100 * calibration['ece_before']:.1f} % "
            f"({temperature_words(calibration['temperature'])})."
        )
    with slider:
        _draw_declining(chosen, details)
    draw_out_of_distribution(project, chosen)


def temperature_words(temperature: float) -> str:
    """The temperature and its origin; 1 means that it was not fitted."""
    if temperature == 1:
        return "temperature 1: the percentages are as they came"
    return f"temperature {temperature:.2f}, fitted on validation pictures"


def calibration_words(calibration: Mapping[str, Any], total: int) -> str:
    """Whether to believe the percentages, in plain words."""
    gap = calibration["ece"]
    points = f"{100 * gap:.0f} points"
    rough = " With so few pictures this is a rough figure." if total < 100 else ""
    if gap <= GOOD:
        words = f"Yes. Where it says 90 %, about nine in ten are right (on average {points} off)."
    elif gap <= FAIR:
        words = f"Roughly. On average its percentages are {points} off."
    else:
        words = (
            f"Not to the letter: on average its percentages are {points} off. Sort pictures by "
            "them, but do not bet on them."
        )
    return words + rough


@st.fragment
def _draw_declining(chosen: ChosenRun, details: Mapping[str, Any]) -> None:
    """The threshold below which it declines, its effect, and the button that stores it."""
    st.markdown("**When should it say “I don't know”?**")
    stored = round(100 * chosen.manifest.threshold)
    threshold = st.slider(
        "Decline when it is less sure than", 0, 100, stored, format="%d %%",
        key=f"threshold_{chosen.run.id}_{chosen.version[:8]}",
    )  # fmt: skip
    st.write(declining_words(details["calibration"]["coverage"], threshold, details["total"]))
    figure = coverage_figure(details["calibration"]["coverage"], threshold / 100, key="declining")
    st.plotly_chart(figure, key="coverage", config=FLAT)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Keep this threshold",
            disabled=threshold == stored,
            key="keep_threshold",
            type="primary",
        ):
            with shown_errors():
                change_manifest(chosen.folder, threshold=threshold / 100)
                st.toast("The threshold now travels with the classifier.", icon=":material/check:")
                st.rerun()
        now = f"It declines below {stored} %." if stored else "It always answers."
        st.caption(f"Now: {now} The threshold is stored in the classifier and goes where it goes.")


def declining_words(coverage: list[Mapping[str, Any]], threshold: int, total: int) -> str:
    """The effect of a threshold (in per cent) on the scored pictures."""
    point = coverage[threshold]
    answered = round(point["answered"] * total)
    if point["accuracy"] is None:
        return f"It would have declined all {count(total, 'picture')}."
    right = round(point["accuracy"] * answered)
    plain = round((coverage[0]["accuracy"] or 0.0) * total)
    avoided = (total - plain) - (answered - right)
    share = percent(point["accuracy"])
    words = f"It would have answered {answered} of {total}, {right} of them rightly ({share})."
    if answered < total:
        words += f" Of the {total - answered} it declines, {avoided} would have been mistakes."
    return words
