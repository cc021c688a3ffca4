"""Confidence: are its percentages to be believed, when should it decline, and at strangers?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.side_by_side import side_by_side
from pages.parts.frame.text import count
from pages.parts.results.out_of_distribution import draw_strangers
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
    draw_strangers(project, chosen)


def temperature_words(temperature: float) -> str:
    """The temperature, and where it is from: 1 is where nothing could be told."""
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
    """The slider below which it declines, what that does, and the button that keeps it."""
    st.markdown("**When should it say “I don't know”?**")
    kept = round(100 * chosen.manifest.threshold)
    asked = st.slider(
        "Decline when it is less sure than", 0, 100, kept, format="%d %%",
        key=f"threshold_{chosen.run.id}_{chosen.version[:8]}",
    )  # fmt: skip
    st.write(declining_words(details["calibration"]["coverage"], asked, details["total"]))
    figure = coverage_figure(details["calibration"]["coverage"], asked / 100, key="declining")
    st.plotly_chart(figure, key="coverage", config=FLAT)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Keep this threshold", disabled=asked == kept, key="keep_threshold", type="primary"
        ):
            with shown_errors():
                change_manifest(chosen.folder, threshold=asked / 100)
                st.toast("The threshold now travels with the classifier.", icon=":material/check:")
                st.rerun()
        now = f"It declines below {kept} %." if kept else "It always answers."
        st.caption(f"Now: {now} The threshold is stored in the classifier and goes where it goes.")


def declining_words(coverage: list[Mapping[str, Any]], threshold: int, total: int) -> str:
    """What one threshold would have done on the scored pictures."""
    one = coverage[threshold]
    answered = round(one["answered"] * total)
    if one["accuracy"] is None:
        return f"It would have declined all {count(total, 'picture')}."
    right = round(one["accuracy"] * answered)
    plain = round((coverage[0]["accuracy"] or 0.0) * total)
    avoided = (total - plain) - (answered - right)
    share = percent(one["accuracy"])
    words = f"It would have answered {answered} of {total}, {right} of them rightly ({share})."
    if answered < total:
        words += f" Of the {total - answered} it declines, {avoided} would have been mistakes."
    return words
