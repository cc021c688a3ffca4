"""Runs compared: the curves of other runs laid over those of one, and a table of differences."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts.frame.text import markdown_text
from pages.parts.run.curves import OtherRun
from pages.parts.run.history import history_of
from pages.parts.run.words import run_title
from tlcore.results.compare.runs import Row, column_title, compare
from tlcore.workspace.records import Run

MOST_OTHERS = 3
FIRST_TONE = 4  # the tones before are for settings side by side
SAME = "These runs have the same settings, but perhaps not the same pictures or seed."


def chosen_others(run: Run, runs: Sequence[Run]) -> list[Run]:
    """The runs that the visitor laid over this one."""
    chosen = st.session_state.get(_key(run)) or []
    by_id = {candidate.id: candidate for candidate in runs}
    return [by_id[run_id] for run_id in chosen if run_id in by_id]


def as_lines(others: Sequence[Run]) -> list[OtherRun]:
    """Other runs as lines over the curves of one."""
    return [
        OtherRun(column_title(other), FIRST_TONE + number, history_of(other.id).epochs)
        for number, other in enumerate(others)
    ]


def draw_comparison(run: Run, runs: Sequence[Run]) -> None:
    """Let the visitor choose other runs; a table then shows what differs and how each did."""
    others = {other.id: other for other in runs if other.id != run.id and other.started is not None}
    if not others:
        return
    st.multiselect(
        "Compare with",
        list(others),
        format_func=lambda run_id: run_title(others[run_id]),
        key=_key(run),
        max_selections=MOST_OTHERS,
        placeholder="Choose other runs to lay over this one",
    )
    if chosen := chosen_others(run, list(others.values())):
        draw_table([run, *chosen], runs)


def draw_table(runs: Sequence[Run], known: Sequence[Run] = ()) -> None:
    """What differs between runs, then how each did; `known` names the runs that they began with."""
    comparison = compare(runs, known)
    if not comparison.settings:
        st.caption(SAME)
    rows = [*comparison.settings, *comparison.outcomes]
    if rows:
        st.table(_frame(rows, [markdown_text(title) for title in comparison.runs]))


def _frame(rows: Sequence[Row], heads: Sequence[str]) -> pd.DataFrame:
    cells = [[markdown_text(value) for value in row.values] for row in rows]
    return pd.DataFrame(cells, index=[row.name for row in rows], columns=list(heads))


def _key(run: Run) -> str:
    return f"compare_{run.id}"
