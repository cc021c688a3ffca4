"""Runs side by side: others laid over the curves of one, and a table of what differs."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts.frame.text import markdown_text
from pages.parts.run.curves import OtherRun
from pages.parts.run.state import history_of
from pages.parts.run.words import run_title
from tlcore.results.compare.runs import Row, column_title, compare
from tlcore.workspace.records import Run

MOST_OTHERS = 3
FIRST_TONE = 4  # the tones before are for settings side by side
SAME = "These runs have the same settings, but perhaps not the same pictures or seed."


def chosen_others(run: Run, runs: Sequence[Run]) -> list[Run]:
    """The runs that the visitor laid over this one."""
    wanted = st.session_state.get(_key(run)) or []
    by_id = {one.id: one for one in runs}
    return [by_id[one] for one in wanted if one in by_id]


def as_lines(others: Sequence[Run]) -> list[OtherRun]:
    """Other runs as lines over the curves of one."""
    return [
        OtherRun(column_title(one), FIRST_TONE + number, history_of(one.id).epochs)
        for number, one in enumerate(others)
    ]


def draw_comparison(run: Run, runs: Sequence[Run]) -> None:
    """Let the visitor choose other runs; a table then says what differs and how each did."""
    others = {one.id: one for one in runs if one.id != run.id and one.started is not None}
    if not others:
        return
    st.multiselect(
        "Compare with",
        list(others),
        format_func=lambda one: run_title(others[one]),
        key=_key(run),
        max_selections=MOST_OTHERS,
        placeholder="Choose other runs to lay over this one",
    )
    if chosen := chosen_others(run, list(others.values())):
        draw_table([run, *chosen], runs)


def draw_table(runs: Sequence[Run], known: Sequence[Run] = ()) -> None:
    """What differs between runs, and below it how each did; `known` names what they began with."""
    found = compare(runs, known)
    if not found.settings:
        st.caption(SAME)
    rows = [*found.settings, *found.outcomes]
    if rows:
        st.table(_frame(rows, [markdown_text(title) for title in found.runs]))


def _frame(rows: Sequence[Row], heads: Sequence[str]) -> pd.DataFrame:
    cells = [[markdown_text(value) for value in row.values] for row in rows]
    return pd.DataFrame(cells, index=[row.name for row in rows], columns=list(heads))


def _key(run: Run) -> str:
    return f"compare_{run.id}"
