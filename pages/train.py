"""The train page: start a training or a race, watch it, stop it."""

from __future__ import annotations

import streamlit as st

from pages.parts.draft.draft import draft_recipe
from pages.parts.draft.readiness import draw_missing, readiness_of
from pages.parts.draft.start import chosen_start, left_classifier, start_afresh, start_run
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.project import require_project
from pages.parts.frame.services import services
from pages.parts.frame.steps import next_step
from pages.parts.run.address import NEW, current_run, open_run
from pages.parts.train.cost_view import draw_cost_view
from pages.parts.train.overlay import draw_comparison
from pages.parts.train.race_form import draw_race_form
from pages.parts.train.race_state import opened_race
from pages.parts.train.race_view import draw_race, leader_run
from pages.parts.train.recipe_form import draw_recipe_form
from pages.parts.train.run_controls import draw_continuations, draw_start
from pages.parts.train.run_list import draw_run_list
from pages.parts.train.run_view import draw_run
from tlcore.training.recipe.race import Race
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Run

project = require_project()
readiness = readiness_of(project)
runs = services().workspace.runs.list(project.id)
race = opened_race(runs)
run = None if race else current_run(project, runs)


def draw_settings() -> None:
    """The recipe of the next run or race, and the buttons that start them."""
    st.title("Ready to train?", anchor=False)
    st.write(
        "Graft now learns to tell your labels apart. Quick is right for a first try; you can stop "
        "at any time and train again."
    )
    if not readiness.ready:
        draw_missing(readiness)
        return
    recipe = draft_recipe(project, readiness.training)
    st.caption(f"You have {readiness.words}.")
    single, several = st.tabs(
        [":material/model_training: One training", ":material/flag: A race"],
        key="train_tabs",
        on_change="rerun",
    )
    if single.open:
        with single:
            draw_single(recipe)
    if several.open:
        with several:
            draw_race_form(project, recipe, readiness.training)


def drop_start() -> None:
    """Let the next run begin with the backbone alone."""
    start_afresh(project)


def draw_single(recipe: Recipe) -> None:
    """The settings of a single training, and Train."""
    start = chosen_start(project)
    if start is not None:
        draw_start(start, on_afresh=drop_start)
    draw_recipe_form(project, recipe, readiness.training)
    draw_cost_view(project, recipe)
    with st.container(horizontal=True):
        if st.button("Train", type="primary", icon=":material/play_arrow:", key="train"):
            with shown_errors():
                payload = {"start": start.id} if start else {}
                open_run(start_run(project, recipe, payload).id)
                st.rerun()
        if runs:
            newest = f"Back to run {runs[0].number}"
            st.button(newest, key="back_to_run", on_click=open_run, args=(runs[0].id,))


def draw_opened(run: Run) -> None:
    """A run, and the links to what comes next."""
    st.title("How is it learning?", anchor=False)
    draw_run(run, readiness.labels)
    draw_continuations(project, run)
    draw_comparison(run, runs)
    if run.state.over:
        next_step(
            "results.py", ready=left_classifier(run), why_not="There is no result to look at."
        )
    words = "Train again" if run.state.over else "Plan another run"
    st.button(words, icon=":material/replay:", key="train_again", on_click=open_run, args=(NEW,))


def draw_opened_race(race: Race) -> None:
    """A race, and the links to what comes next."""
    st.title("Which does better?", anchor=False)
    draw_race(project, race, readiness.labels)
    if race.over:
        shown = leader_run(race) or next(filter(left_classifier, reversed(race.runs)), None)
        next_step(
            "results.py",
            ready=shown is not None,
            why_not="There is no result to look at.",
            run=shown.id if shown else None,
        )
    st.button(
        "Train again", icon=":material/replay:", key="train_again", on_click=open_run, args=(NEW,)
    )


if race is not None:
    draw_opened_race(race)
elif run is None:
    draw_settings()
else:
    draw_opened(run)
draw_run_list(project, runs, run, race)
