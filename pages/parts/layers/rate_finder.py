"""The learning-rate finder: a button, its curve, a suggestion, and the way to use it."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from pages.parts.draft.draft import keep_recipe, with_settings
from pages.parts.draft.trial import Trial
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.text import markdown_text
from tlcore.jobs.events import Event
from tlcore.results.figures.rate_figure import rate_figure
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project

TASK = "tlcore.training.trial.tasks:find_task"
RATES = ("head_rate", "backbone_rate")
WHY = (
    "The learning rate is how large each correction is. Graft can try dozens of them, from tiny "
    "to far too large, and look where the loss falls fastest. Your settings stay as they are."
)
LOWEST, DECADES = -6, 7  # of the rates that are tried, as powers of ten
FLAT = {"displayModeBar": False}


def draw_rate_finder(project: Project, recipe: Recipe, pictures: int) -> None:
    """Draw the button and the curve; “Use it” stores the suggestion in the project's draft.

    `pictures` is the number of training pictures.
    """
    trial = Trial("rates", project, recipe)
    report, fits = trial.report(regardless_of=RATES)
    st.caption(WHY)
    words = "Search again" if report else "Find a learning rate"
    if st.button(words, icon=":material/search:", key=f"find_rates_{project.id}"):
        with shown_errors():
            _search(trial)
            st.rerun()
    if report is None:
        return
    if not fits:
        st.caption(
            ":material/history: The settings or the pictures have changed since this search. "
            "Search again for a suggestion that fits."
        )
    _draw_report(project, recipe, pictures, report, fits)


def _search(trial: Trial) -> None:
    """Run the sweep in the engine, and show which rate is being tried."""
    bar = st.progress(0.0, text="Getting ready")

    def show_progress(event: Event) -> None:
        if event.kind == "progress":
            doing = markdown_text(str(event.data.get("doing", "")))
            bar.progress(_share(event.data), text=doing)
        elif event.kind == "point":
            rate, loss = event.data["rate"], event.data["loss"]
            share = (math.log10(rate) - LOWEST) / DECADES
            sweep = event.data["sweep"] + 1
            words = f"Sweep {sweep}: rate {rate:.1g}, loss {loss:.2f}"
            bar.progress(min(1.0, max(0.0, share)), text=words)

    trial.run(TASK, show_progress, regardless_of=RATES)


def _share(progress: dict[str, Any]) -> float:
    return min(1.0, float(progress.get("done", 0)) / max(1, int(progress.get("total", 1))))


def _draw_report(
    project: Project, recipe: Recipe, pictures: int, report: dict[str, Any], fits: bool
) -> None:
    """The curve, the suggestion in words, and the button that uses it."""
    key = f"rate_curve_{project.id}"
    points = [(float(rate), float(loss)) for rate, loss in report["points"]]
    if points:
        figure = rate_figure(points, report["head_rate"], recipe.head_rate, key=key)
        st.plotly_chart(figure, key=key, config=FLAT)
    st.markdown(markdown_text(report["words"]))
    changes = {name: report[name] for name in RATES if report.get(name) is not None}
    if not changes or not fits:
        return
    if all(getattr(recipe, name) == value for name, value in changes.items()):
        st.caption(":material/check: This is what is set now.")
        return

    def use() -> None:
        keep_recipe(project, with_settings(recipe, pictures, **changes))

    st.button("Use it", icon=":material/check:", key=f"use_rates_{project.id}", on_click=use)
