"""The learning-rate finder: a button, its curve, a suggestion, and the way to use it."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from pages.parts.draft.draft import keep_recipe, with_settings
from pages.parts.draft.trial import Tried
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
    """Draw button and curve; “Use it” stores the suggestion in the project's draft.

    `pictures` is the number of training pictures.
    """
    tried = Tried("rates", project, recipe)
    answer, fits = tried.answer(regardless_of=RATES)
    st.caption(WHY)
    words = "Search again" if answer else "Find a learning rate"
    if st.button(words, icon=":material/search:", key=f"find_rates_{project.id}"):
        with shown_errors():
            _search(tried)
            st.rerun()
    if answer is None:
        return
    if not fits:
        st.caption(
            ":material/history: The settings or the pictures have changed since this search. "
            "Search again for a suggestion that fits."
        )
    _draw_answer(project, recipe, pictures, answer, fits)


def _search(tried: Tried) -> None:
    """Ask the engine, and tell which rate is being tried."""
    bar = st.progress(0.0, text="Getting ready")

    def tell(event: Event) -> None:
        if event.kind == "progress":
            doing = markdown_text(str(event.data.get("doing", "")))
            bar.progress(_share(event.data), text=doing)
        elif event.kind == "point":
            rate, loss = event.data["rate"], event.data["loss"]
            share = (math.log10(rate) - LOWEST) / DECADES
            sweep = event.data["sweep"] + 1
            words = f"Sweep {sweep}: rate {rate:.1g}, loss {loss:.2f}"
            bar.progress(min(1.0, max(0.0, share)), text=words)

    tried.ask(TASK, tell, regardless_of=RATES)


def _share(progress: dict[str, Any]) -> float:
    return min(1.0, progress.get("done", 0) / max(1, progress.get("total", 1)))


def _draw_answer(
    project: Project, recipe: Recipe, pictures: int, answer: dict[str, Any], fits: bool
) -> None:
    """The curve, the suggestion in words, and the button that uses it."""
    key = f"rate_curve_{project.id}"
    points = [(float(rate), float(loss)) for rate, loss in answer["points"]]
    if points:
        figure = rate_figure(points, answer["head_rate"], recipe.head_rate, key=key)
        st.plotly_chart(figure, key=key, config=FLAT)
    st.markdown(markdown_text(answer["words"]))
    changes = {name: answer[name] for name in RATES if answer.get(name) is not None}
    if not changes or not fits:
        return
    if all(getattr(recipe, name) == value for name, value in changes.items()):
        st.caption(":material/check: This is what is set now.")
        return
    st.button(
        "Use it",
        icon=":material/check:",
        key=f"use_rates_{project.id}",
        on_click=lambda: keep_recipe(project, with_settings(recipe, pictures, **changes)),
    )
