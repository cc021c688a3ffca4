"""The earlier runs and races of a project: open one, delete one, bring one back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.run.address import open_run
from pages.parts.run.words import run_title
from pages.parts.train.race_state import open_race, state_of
from pages.parts.train.run_view import draw_badge, draw_state
from tlcore.training.fit.reporting.events import Finished
from tlcore.training.recipe.race import Race, races
from tlcore.workspace.records import Project, Run

MOST_SHOWN = 20
Entry = Run | Race
Row = TypeVar("Row")


def draw_run_list(
    project: Project, runs: Sequence[Run], opened: Run | None, race: Race | None
) -> None:
    """List runs and races, the newest first, and the deleted runs in a closed drawer."""
    deleted = services().workspace.runs.list(project.id, deleted=True)
    if len(runs) + len(deleted) < 2 and not deleted:
        return
    st.subheader("All runs", anchor=False)
    open_id = race.id if race else opened.id if opened else None
    rows = entries_of(runs)
    for entry in _shown(rows, f"all_runs_{project.id}"):
        if isinstance(entry, Run):
            _draw_row(entry, entry.id == open_id)
        else:
            _draw_race(entry, entry.id == open_id)
    if deleted:
        with st.expander(f"Deleted runs ({len(deleted)})", icon=":material/delete:"):
            for run in _shown(deleted, f"all_deleted_runs_{project.id}"):
                _draw_deleted(run)


def _shown(rows: Sequence[Row], key: str) -> Iterator[Row]:
    """The first rows; all of them once the visitor has pressed the button below."""
    every = len(rows) <= MOST_SHOWN or st.session_state.get(f"{key}_shown", False)
    yield from rows if every else rows[:MOST_SHOWN]
    if not every:
        st.button(
            f"Show all {len(rows)}",
            icon=":material/expand_more:",
            key=key,
            on_click=lambda: st.session_state.update({f"{key}_shown": True}),
        )


def entries_of(runs: Sequence[Run]) -> list[Entry]:
    """One entry for each race and for each run outside a race, the newest first."""
    all_races = races(runs)
    racing = {run.id for race in all_races for run in race.runs}
    rows: list[Entry] = [*all_races, *(run for run in runs if run.id not in racing)]
    return sorted(rows, key=lambda entry: -_newest(entry).number)


def _newest(entry: Entry) -> Run:
    return entry if isinstance(entry, Run) else entry.runs[-1]


def _draw_row(run: Run, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=is_open):
        st.markdown(f"**{markdown_text(run_title(run))}**", width="content")
        draw_badge(run)
        st.caption(_words(run), width="stretch")
        if not is_open:
            st.button("Open", key=f"open_{run.id}", on_click=open_run, args=(run.id,))
        if run.state.over and _draw_delete(run.id):
            _delete([run], "Run deleted. It can be brought back below.")


def _draw_race(race: Race, is_open: bool) -> None:
    first, last = race.runs[0].number, race.runs[-1].number
    with st.container(horizontal=True, vertical_alignment="center", border=is_open):
        st.markdown(f"**Race · {markdown_text(shortened(race.title, 44))}**", width="content")
        draw_state(state_of(race))
        words = f"runs {first} to {last} · {_when(race.runs[0])}"
        st.caption(words, width="stretch")
        if not is_open:
            st.button("Open", key=f"open_{race.id}", on_click=open_race, args=(race.id,))
        if race.over and _draw_delete(race.id):
            number = count(len(race.runs), "run")
            _delete(race.runs, f"Race deleted. Its {number} can be brought back below.")


def _draw_deleted(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(markdown_text(run_title(run)), width="content")
        st.caption(_words(run), width="stretch")
        if st.button("Bring back", key=f"restore_{run.id}"):
            with shown_errors():
                services().workspace.runs.restore(run.id)
                st.rerun()


def _words(run: Run) -> str:
    summary = Finished.read(run.summary)
    accuracy, split = summary.test_accuracy, "test"
    if accuracy is None:
        accuracy, split = summary.validation_accuracy, "validation"
    score = "" if accuracy is None else f"{100 * accuracy:.0f} % right on {split} · "
    return f"{score}{_when(run)}"


def _when(run: Run) -> str:
    return f"{run.created.astimezone():%d %b, %H:%M}"


def _draw_delete(entry_id: str) -> bool:
    return st.button("Delete", key=f"delete_{entry_id}", icon=":material/delete:", type="tertiary")


def _delete(runs: Sequence[Run], words: str) -> None:
    with shown_errors():
        for run in runs:
            services().workspace.runs.delete(run.id)
            if st.query_params.get("run") == run.id:
                open_run(None)
        st.toast(words, icon=":material/delete:")
        st.rerun()
