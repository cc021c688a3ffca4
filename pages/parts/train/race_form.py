"""Sets up a race: which question, which settings, how often."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.draft.backbones import WAKING, stages_of
from pages.parts.draft.start import TRAIN_TASK, chosen_start, just_now
from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import count
from pages.parts.train.race_state import open_race
from tlcore.training.recipe.lanes import (
    MOST_LANES,
    RACE_KINDS,
    Lane,
    lanes_of,
    running_order,
    variations,
)
from tlcore.training.recipe.race import new_race_id, race_payload, races
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project

REPEATS = {1: "Once", 3: "3 times", 5: "5 times"}
INTRODUCTION = (
    "A race trains on the same pictures with different settings, one after the other, draws their "
    "curves together, and says in the end which did better and whether the gap could be chance."
)
AFRESH = "A race begins with the backbone alone, not with the classifier of run {number}."


def draw_race_form(project: Project, recipe: Recipe, pictures: int) -> None:
    """Ask what the race is to find out, and start it."""
    st.write(INTRODUCTION)
    kind = st.radio(
        "What do you want to know?",
        list(RACE_KINDS),
        format_func=lambda name: RACE_KINDS[name].title,
        captions=[race_kind.words for race_kind in RACE_KINDS.values()],
        key="race_kind",
        persist_state="session",
    )
    chosen = _draw_own(recipe, pictures) if kind == "own" else []
    repeats = st.segmented_control(
        "How often each?", list(REPEATS), format_func=REPEATS.__getitem__, default=1,
        required=True, key="race_repeats", persist_state="session",
        help="Trained again with another seed, the same settings do a little better or worse. "
        "Repeats show how much of a gap is luck.",
    )  # fmt: skip
    lanes_number = max(2, len(chosen)) if kind == "own" else 2
    st.caption(f"{count(lanes_number * repeats, 'training')}, one after the other.")
    start = chosen_start(project)
    if start is not None:
        st.caption(f":material/info: {AFRESH.format(number=start.number)}")
    if st.button("Start the race", type="primary", icon=":material/flag:", key="start_race"):
        with shown_errors():
            with st.spinner(WAKING):
                lanes = lanes_of(kind, recipe, _stages(recipe), pictures, chosen)
            open_race(start_race(project, kind, running_order(lanes, repeats)))
            st.rerun()


def start_race(project: Project, kind: str, order: Sequence[Lane]) -> str:
    """Send all trainings of a race to the engine; returns its id. Raises GraftError.

    A double click, before the page has changed, gives the same race again.
    """
    if (sent := _just_sent(project, order)) is not None:
        return sent
    race_id = new_race_id()
    for lane in order:
        services().engine.submit(
            project.id, TRAIN_TASK, lane.recipe.to_json(), race_payload(race_id, kind, lane.name)
        )
    return race_id


def _just_sent(project: Project, order: Sequence[Lane]) -> str | None:
    """The id of the newest race, if it was started a moment ago with exactly these trainings."""
    newest = next(iter(races(services().workspace.runs.list(project.id))), None)
    if newest is None or newest.over or not just_now(newest.runs[0]):
        return None
    same = [run.recipe for run in newest.runs] == [lane.recipe.to_json() for lane in order]
    return newest.id if same else None


def _draw_own(recipe: Recipe, pictures: int) -> list[str]:
    offered: list[str] = []
    with shown_errors(), st.spinner(WAKING):
        offered = list(variations(recipe, _stages(recipe), pictures))
    return st.multiselect(
        "Two to four settings; each differs from yours in one respect",
        offered,
        default=offered[:1],
        max_selections=MOST_LANES,
        key="race_own",
        persist_state="session",
    )


def _stages(recipe: Recipe) -> list[str]:
    return [stage["name"] for stage in stages_of(recipe.backbone)["stages"]]
