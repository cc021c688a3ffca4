"""The controls of a run: pause, stop, resume, train for longer, start another run from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st

from pages.parts.draft.start import continue_run, is_resumable, left_classifier, start_from
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.run.address import NEW, open_run
from tlcore.workspace.records import Project, Run, RunState

MORE_EPOCHS = 10
MOST_EPOCHS = 300
STOP_HELP = "The best so far is kept and can be used."
PAUSE_HELP = "It rests where it is; others can go first, and Graft can be closed meanwhile."


def draw_controls(run: Run) -> None:
    """The buttons that fit the state of a run, side by side."""
    if run.state is RunState.RUNNING:
        _draw_pause(run)
    if run.state.resumable and is_resumable(run):
        _draw_resume(run)
    if not run.state.over:
        _draw_stop(run)


def draw_continuations(project: Project, run: Run) -> None:
    """The trainings that can start from a run that left a classifier."""
    if not run.state.over or not left_classifier(run):
        return
    with st.expander("Go on from here", icon=":material/forward:"):
        longer, another = st.columns(2, gap="large")
        with longer:
            _draw_longer(project, run)
        with another:
            _draw_another(project, run)


def _draw_pause(run: Run) -> None:
    status = services().engine.status()  # another visitor may have asked for the pause
    pausing = status.pausing and status.current_run == run.id
    if st.button(
        "Pausing …" if pausing else "Pause", icon=":material/pause_circle:", key="pause_run",
        disabled=pausing or run.stop_requested, help=PAUSE_HELP,
    ):  # fmt: skip
        with shown_errors():
            services().engine.pause(run.id)
            st.rerun()


def _draw_stop(run: Run) -> None:
    if st.button(
        "Stopping …" if run.stop_requested else "Stop", icon=":material/stop_circle:",
        key="stop_run", disabled=run.stop_requested, help=STOP_HELP,
    ):  # fmt: skip
        with shown_errors():
            services().engine.stop(run.id)
            st.rerun()


def _draw_resume(run: Run) -> None:
    rests = run.state is RunState.PAUSED
    kind: Literal["primary", "secondary"] = "primary" if rests else "secondary"
    if st.button("Go on", icon=":material/play_arrow:", key="resume_run", type=kind):
        with shown_errors():
            services().engine.resume(run.id)
            st.rerun()


def _draw_longer(project: Project, run: Run) -> None:
    st.markdown("**Train it for longer**")
    st.caption("A new run begins with what this one has learned. The two can be compared.")
    epochs = st.number_input("Further epochs", 1, MOST_EPOCHS, MORE_EPOCHS, 5, key="more_epochs")
    if st.button("Train on", icon=":material/more_time:", key="train_on"):
        with shown_errors():
            open_run(continue_run(project, run, int(epochs)).id)
            st.rerun()


def _draw_another(project: Project, run: Run) -> None:
    st.markdown("**Start from this classifier**")
    st.caption(
        "For when you have added pictures or labels, or want other settings: the next run keeps "
        "what this one has learned of the labels that it knows."
    )
    if st.button("Start from this classifier", icon=":material/foundation:", key="start_from"):
        with shown_errors():
            start_from(project, run)
            open_run(NEW)
            st.rerun()


def draw_start(start: Run, on_afresh: Callable[[], None]) -> None:
    """Say that the next run begins with a classifier, and offer to begin as usual."""
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(
            f":material/foundation: It begins with the classifier of **run {start.number}**, "
            "not with the backbone alone.",
            width="stretch",
        )
        st.button("Start afresh", key="start_afresh", on_click=on_afresh)
