"""The cost of a training, measured beforehand: what learns, seconds, memory, bytes on disk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.draft.network_words import size_words
from pages.parts.draft.trial import Trial
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.text import count, markdown_text
from pages.parts.run.busy import why_busy
from pages.parts.run.words import duration
from tlcore.jobs.events import Event
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project

TASK = "tlcore.training.trial.tasks:cost_task"
UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def draw_cost_view(project: Project, recipe: Recipe) -> None:
    """Draw the button that measures, and the last cost, if it still fits the recipe."""
    trial = Trial("cost", project, recipe)
    report, fits = trial.report()
    words = "Measure again" if report else "What would it cost?"
    help_words = (
        "Graft looks at a few pictures and takes a few steps, and works out the rest. That takes a "
        "few seconds, and what it looks at is kept for the run."
    )
    why = why_busy()
    if st.button(
        words, icon=":material/timer:", key=f"cost_{project.id}", disabled=bool(why),
        help=why or help_words,
    ):  # fmt: skip
        with shown_errors():
            _measure(trial)
            st.rerun()
    if report is None:
        return
    if not fits:
        st.caption(
            ":material/history: The settings or the pictures have changed since. Measure again."
        )
        return
    _draw_figures(recipe, report)


def _measure(trial: Trial) -> None:
    bar = st.progress(0.0, text="Getting ready")

    def show_progress(event: Event) -> None:
        if event.kind == "progress":
            share = event.data.get("done", 0) / max(1, event.data.get("total", 1))
            bar.progress(min(1.0, share), text=markdown_text(str(event.data.get("doing", ""))))

    trial.run(TASK, show_progress)


def _draw_figures(recipe: Recipe, cost: Mapping[str, Any]) -> None:
    learning = int(cost["trainable_parameters"])
    whole = learning + int(cost["frozen_parameters"])
    with st.container(horizontal=True, gap="medium"):
        st.metric(
            "In all, at most" if recipe.patience else "In all",
            rounded_duration(cost["total_seconds"]),
            help="It may stop earlier by itself, when nothing improves any more."
            if recipe.patience
            else None,
            width="content",
        )
        st.metric(
            "One epoch",
            rounded_duration(cost["epoch_seconds"]),
            help="One pass over all training pictures, in the last phase.",
            width="content",
        )
        st.metric("Numbers that learn", f"{size_words(learning)}", width="content")
        st.metric(
            "Memory",
            in_bytes(cost["memory_bytes"]),
            help="While it learns, on top of what Graft itself takes.",
            width="content",
        )
        if cost["kept_bytes"]:
            st.metric(
                "Kept on disk",
                in_bytes(cost["kept_bytes"]),
                help="What the frozen stages say about your pictures. It is kept for later runs, "
                "and makes room for others by itself.",
                width="content",
            )
    st.caption(
        f"{size_words(whole)} numbers in the whole network. Measured on this computer just now; "
        "with other work going on it takes longer."
    )
    for phase in cost["phases"]:
        st.caption(f":material/chevron_right: {phase_words(phase)}")


def phase_words(phase: Mapping[str, Any]) -> str:
    """One phase in a sentence or two (Markdown): epochs, seconds, looks, views, bytes."""
    sentence = f"{markdown_text(phase['words'])}: {count(phase['epochs'], 'epoch')} of "
    sentence += f"{rounded_duration(phase['epoch_seconds'])} each"
    if phase["looks"]:
        looks = count(phase["looks"], "look")
        sentence += (
            f", after {looks} at your pictures that take {rounded_duration(phase['look_seconds'])}"
        )
    elif phase["keeps"]:
        sentence += "; what the frozen stages say is kept already"
    if phase["views"] > 1 and phase["keeps"]:
        sentence += f". {phase['views']} views of each picture take {in_bytes(phase['kept_bytes'])}"
    elif phase["views"] > 1:
        sentence += ". Nothing is kept, so every epoch sees a new view of each picture"
    return f"{sentence}."


def rounded_duration(seconds: float) -> str:
    """Seconds, rounded for people: “0.03 s”, “0.4 s”, “12 s”, “3 min 20 s”."""
    if seconds < 0.095:
        return f"{max(seconds, 0.01):.2f} s"
    return f"{seconds:.1f} s" if seconds < 9.5 else duration(seconds)


def in_bytes(number: float) -> str:
    """Bytes, rounded for people: “340 kB”, “16 MB”, “1.2 GB”."""
    for size, unit in UNITS:
        if number >= 0.9995 * size:
            value = number / size
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{number:.0f} B"
