"""A race on the screen: how far it is, the curves together, the verdict, and what differed."""

from __future__ import annotations

import streamlit as st

from pages.parts.draft.draft import keep_recipe
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text
from pages.parts.run.address import open_run
from pages.parts.run.curves import Curves, OtherRun, draw_curves
from pages.parts.run.history import history_of
from pages.parts.run.words import run_title
from pages.parts.train.overlay import draw_table
from pages.parts.train.race_state import state_of, verdict_of
from pages.parts.train.run_view import draw_badge, draw_state, progress_words
from pages.parts.train.standings import draw_standings
from tlcore.results.compare.verdict import Verdict
from tlcore.training.recipe.lanes import RACE_KINDS
from tlcore.training.recipe.race import Race, races
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project, Run, RunState

EVERY = 0.8  # seconds between two looks at a race that is going
SPLIT_WORDS = {
    "test": "test pictures, which no training saw",
    "validation": "validation pictures, which helped to choose the best epochs: this flatters",
}
QUESTIONS = [name for name in RACE_KINDS if name != "own"]  # races whose title is a question
UNDECIDED = (
    "There is no verdict: at least two settings must be trained to their end and scored on the "
    "same pictures."
)


def draw_race(project: Project, race: Race, labels: int) -> None:
    """Draw a race; while it goes on, it is drawn again by itself."""
    every = None if race.over else EVERY
    st.fragment(_draw_live, run_every=every)(project.id, race.id, labels, state_of(race))
    if race.over:
        _draw_winner(project, race)
    st.subheader("What was different", anchor=False)
    draw_table([runs[0] for runs in race.lanes.values()])
    with st.expander(f"The {len(race.runs)} trainings of this race", icon=":material/list:"):
        for run in race.runs:
            _draw_run(run)


def leader_run(race: Race) -> Run | None:
    """The first finished run of the setting that the verdict advises; None without a verdict."""
    judged = verdict_of(race) if race.over else None
    if judged is None:
        return None
    runs = race.lanes[judged[0].advised.name]
    return next((run for run in runs if run.state is RunState.FINISHED), runs[0])


def _draw_live(project_id: str, race_id: str, labels: int, was: RunState) -> None:
    runs = services().workspace.runs.list(project_id)
    race = next((candidate for candidate in races(runs) if candidate.id == race_id), None)
    if race is None or state_of(race) is not was:
        st.rerun()
    _draw_head(race)
    if race.over:
        _draw_verdict(race)
    else:
        _draw_progress(race)
    draw_curves(curves_of(race, labels), key="race_curves")
    st.caption("Both charts show validation pictures, from which nothing is learned.")


def curves_of(race: Race, labels: int) -> Curves:
    """The curves of all runs of a race; those of one lane have one colour."""
    others = [
        OtherRun(lane, tone, history_of(run.id).epochs)
        for tone, (lane, runs) in enumerate(race.lanes.items())
        for run in runs
    ]
    planned = max(int(run.recipe.get("epochs", 1)) for run in race.runs)
    return Curves(race.id, planned, guess=1 / labels if labels > 1 else None, others=others)


def _draw_head(race: Race) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="race_head"):
        title = RACE_KINDS[race.kind].title if race.kind in QUESTIONS else race.title
        st.subheader(markdown_text(title), anchor=False, width="content")
        draw_state(state_of(race))
        st.space("stretch")
        if not race.over and st.button(
            "Stop the race", icon=":material/stop_circle:", key="stop_race"
        ):
            with shown_errors():
                _stop(race)
                st.rerun()


def _stop(race: Race) -> None:
    """Stop the runs, the queued ones first, so that none of them starts meanwhile."""
    for run in reversed(race.runs):
        if not run.state.over:
            services().engine.stop(run.id)


def _draw_progress(race: Race) -> None:
    done = sum(run.state.over for run in race.runs)
    going = next((run for run in race.runs if not run.state.over), race.runs[-1])
    history = history_of(going.id)
    lane = str(going.payload["lane"])
    words = f"Training {done + 1} of {len(race.runs)}: {lane}. {progress_words(going, history)}"
    share = (done + history.share_done) / len(race.runs)
    st.progress(min(1.0, share), text=markdown_text(words))


def _draw_verdict(race: Race) -> None:
    judged = verdict_of(race)
    broken = [run for run in race.runs if run.state in (RunState.FAILED, RunState.LOST)]
    for run in broken:
        words = f"Run {run.number} broke off. {run.error or ''} {run.remedy or ''}"
        st.error(markdown_text(words), icon=":material/error:")
    if judged is None:
        st.info(UNDECIDED, icon=":material/info:")
        return
    verdict, split = judged
    draw_standings(verdict, key="standings")
    _draw_words(verdict)
    st.caption(f"Scored on {count(verdict.pictures, 'picture')}: {SPLIT_WORDS[split]}.")


def _draw_words(verdict: Verdict) -> None:
    ahead = verdict.kind == "ahead"
    draw = st.success if ahead else st.info
    icon = ":material/flag:" if ahead else ":material/balance:"
    draw(markdown_text(verdict.words), icon=icon)


def _draw_winner(project: Project, race: Race) -> None:
    run = leader_run(race)
    if run is None:
        return
    lane = str(run.payload["lane"])
    with st.container(horizontal=True):
        if st.button(f"Use the settings of “{markdown_text(lane)}”", icon=":material/check:",
                     key="use_winner"):  # fmt: skip
            with shown_errors():
                keep_recipe(project, Recipe.read(run.recipe))
                st.toast("The next training will use these settings.", icon=":material/check:")
        st.button(f"Open run {run.number}", key="open_winner", on_click=open_run, args=(run.id,))


def _draw_run(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(markdown_text(run_title(run)), width="content")
        draw_badge(run)
        st.space("stretch")
        st.button("Open", key=f"open_{run.id}", on_click=open_run, args=(run.id,))
