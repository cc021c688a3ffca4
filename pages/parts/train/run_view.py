"""A run: what it is doing, its curves, advice on them, and how it ended."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.parts.draft.start import left_classifier
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text
from pages.parts.run.curves import draw_curves
from pages.parts.run.history import History, history_of
from pages.parts.run.words import (
    best_words,
    duration,
    percent_or_dash,
    run_title,
    score_words,
    seconds_worked,
)
from pages.parts.train.overlay import as_lines, chosen_others
from pages.parts.train.run_controls import draw_controls
from tlcore.training.fit.reporting.curve_advice import advise
from tlcore.training.fit.reporting.events import EpochDone, Finished
from tlcore.workspace.records import Run, RunState

EVERY = 0.4  # seconds between two drawings of a run that is active
PLACES = {
    RunState.QUEUED: ("Waiting", "gray", ":material/hourglass_top:"),
    RunState.RUNNING: ("Training", "blue", ":material/model_training:"),
    RunState.PAUSED: ("Paused", "violet", ":material/pause_circle:"),
    RunState.FINISHED: ("Finished", "green", ":material/check_circle:"),
    RunState.STOPPED: ("Stopped", "orange", ":material/stop_circle:"),
    RunState.FAILED: ("Failed", "red", ":material/error:"),
    RunState.LOST: ("Broken off", "red", ":material/heart_broken:"),
}
WARNING = ":material/warning:"
JOINING = "Now more of the network joins in, gently, from the best that the head has learned."
ADVICE_ICONS = {
    "improving": ":material/trending_up:",
    "levelled": ":material/trending_flat:",
    "memorising": WARNING,
    "not_learning": WARNING,
}


def draw_run(run: Run, labels: int) -> None:
    """Draw a run; while it goes on, it is drawn again by itself, in place."""
    active = run.state in (RunState.QUEUED, RunState.RUNNING)
    st.fragment(_draw_live, run_every=EVERY if active else None)(run.id, labels, run.state)


def draw_badge(run: Run) -> None:
    """The state of a run as a coloured word."""
    draw_state(run.state)


def draw_state(state: RunState) -> None:
    """A state as a coloured word."""
    words, colour, icon = PLACES[state]
    st.badge(words, color=colour, icon=icon)  # type: ignore[arg-type]


def _draw_live(run_id: str, labels: int, was: RunState) -> None:
    # The state is read before the events: a run that is over writes no more of them.
    run = services().workspace.runs.get(run_id)
    history = history_of(run_id)
    if run.state is not was:
        st.rerun()  # the page around this fragment changes, too
    _draw_head(run)
    if run.state.over:
        _draw_end(run, history)
    else:
        _draw_progress(run, history)
    if run.state.over and not history.steps:
        _draw_notes(history)
        return
    _draw_figures(run, history)
    planned = int(run.recipe.get("epochs", 1))
    curves = history.curves(run, planned, 1 / labels if labels > 1 else None)
    others = chosen_others(run, services().workspace.runs.list(run.project_id))
    draw_curves(replace(curves, others=as_lines(others)), key="curves")
    _draw_advice(run, history)
    _draw_notes(history)


def _draw_head(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="run_head"):
        st.subheader(markdown_text(run_title(run)), anchor=False, width="content")
        draw_badge(run)
        st.space("stretch")
        draw_controls(run)


def _draw_progress(run: Run, history: History) -> None:
    st.progress(history.share_done, text=markdown_text(progress_words(run, history)))


def progress_words(run: Run, history: History) -> str:
    """What an unfinished run is doing, and how long it will take."""
    if run.stop_requested:
        return "Stopping, and keeping the best so far"
    if run.state is RunState.PAUSED:
        done = f"after epoch {len(history.epochs)}" if history.epochs else "before its first epoch"
        return f"Paused {done}. It goes on from here whenever you like"
    if run.state is RunState.QUEUED:
        return _waiting(run)
    words = history.doing or "Getting ready"
    if history.progress is None and history.epochs:
        words = f"Epoch {_epoch_now(run, history)} of {history.epochs[-1].epochs}. {words}"
    left = history.seconds_left
    return f"{words}. {duration(left)} left" if left and left >= 1 else words


def _waiting(run: Run) -> str:
    before = services().workspace.runs.place(run.id) - 1
    status = services().engine.status()
    if status.runs == "starting":
        return "Waking the engine; the first time takes a few seconds"
    before += len(services().workspace.runs.running())
    if before <= 0:
        return "Starting"
    return f"In the queue: {count(before, 'run')} before this one. Runs take turns"


def _epoch_now(run: Run, history: History) -> int:
    last = history.epochs[-1]
    return last.epoch if run.state.over else min(last.epoch + 1, last.epochs)


def _draw_figures(run: Run, history: History) -> None:
    best = history.best
    last = history.epochs[-1] if history.epochs else None
    done, planned = (last.epoch, last.epochs) if last else (0, run.recipe.get("epochs", 0))
    with st.container(horizontal=True, gap="large"):
        st.metric("Epochs done", f"{done} of {planned}", width="content")
        st.metric(
            "Right, validation",
            percent_or_dash(validation_accuracy(run, best)),
            help="The share of right answers on the validation pictures: in the best epoch so "
            "far, and at the end of what is kept. It does not learn from them, so this is how it "
            "might do on new ones.",
            width="content",
        )
        st.metric(
            "Right, training",
            percent_or_dash(best.train_accuracy if best else None),
            help="The share of right answers on the pictures that it learns from, in the best "
            "epoch.",
            width="content",
        )
        worked = seconds_worked(run, history.seconds_before, history.began)
        st.metric("Time", duration(worked), width="content")


def validation_accuracy(run: Run, best: EpochDone | None) -> float | None:
    """That of the weights that are kept in the end; until then that of the best epoch."""
    final = Finished.read(run.summary).validation_accuracy
    return best.validation_accuracy if final is None and best else final


def _draw_advice(run: Run, history: History) -> None:
    if history.epochs and not history.phase_epochs and not run.state.over:
        st.info(JOINING, icon=":material/merge:")
        return
    # While a run goes on, the curves are judged from the start of its present phase.
    advice = advise(history.epochs if run.state.over else history.phase_epochs)
    if run.state.over and advice.kind in ("waiting", "early"):
        return
    icon = ADVICE_ICONS.get(advice.kind, ":material/lightbulb:")
    draw = st.warning if icon == WARNING else st.info
    draw(markdown_text(advice.words), icon=icon)


def _draw_notes(history: History) -> None:
    for note in dict.fromkeys(history.notes):
        st.caption(f":material/info: {markdown_text(note)}")


def _draw_end(run: Run, history: History) -> None:
    if run.state is RunState.FAILED or run.state is RunState.LOST:
        message = markdown_text(run.error or "The run broke off.")
        remedy = markdown_text(run.remedy or "Start it again.")
        st.error(f"{message}\n\n**{remedy}**", icon=PLACES[run.state][2])
        if left_classifier(run):
            st.info(f"The best so far can be used: {best_words(history)}.")
    elif run.state is RunState.STOPPED and left_classifier(run):
        st.info(f"You stopped it. The best so far can be used: {best_words(history)}.")
    elif run.state is RunState.STOPPED:
        st.info("You stopped it before it had learned anything.")
    if words := score_words(run):
        st.success(words, icon=":material/fact_check:")
