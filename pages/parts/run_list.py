"""The earlier runs of a project: open one, delete one, bring one back."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.errors import shown_errors
from pages.parts.run_state import open_run
from pages.parts.run_view import draw_badge
from pages.parts.run_words import run_title
from pages.parts.services import services
from tlcore.workspace.records import Project, Run

MOST_SHOWN = 20


def draw_run_list(project: Project, runs: Sequence[Run], opened: Run | None) -> None:
    """List the runs, the newest first, and the deleted ones behind a lid."""
    deleted = services().workspace.runs.list(project.id, deleted=True)
    if len(runs) + len(deleted) < 2 and not deleted:
        return
    st.subheader("All runs", anchor=False)
    for run in runs[:MOST_SHOWN]:
        _draw_row(run, opened is not None and run.id == opened.id)
    if len(runs) > MOST_SHOWN:
        st.caption(f"The {MOST_SHOWN} newest of {len(runs)} are shown.")
    if deleted:
        with st.expander(f"Deleted runs ({len(deleted)})", icon=":material/delete:"):
            for run in deleted[:MOST_SHOWN]:
                _draw_deleted(run)


def _draw_row(run: Run, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=is_open):
        st.markdown(f"**{run_title(run)}**", width="content")
        draw_badge(run)
        st.caption(_words(run), width="stretch")
        if not is_open:
            st.button("Open", key=f"open_{run.id}", on_click=open_run, args=(run.id,))
        if run.state.over:
            _draw_delete(run)


def _draw_deleted(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(run_title(run), width="content")
        st.caption(_words(run), width="stretch")
        if st.button("Bring back", key=f"restore_{run.id}"):
            with shown_errors():
                services().workspace.runs.restore(run.id)
                st.rerun()


def _words(run: Run) -> str:
    accuracy = run.summary.get("test_accuracy")
    split = "test"
    if accuracy is None:
        accuracy, split = run.summary.get("val_accuracy"), "validation"
    score = "" if accuracy is None else f"{100 * accuracy:.0f} % right on {split} · "
    return f"{score}{run.created.astimezone():%d %b, %H:%M}"


def _draw_delete(run: Run) -> None:
    if st.button("Delete", key=f"delete_{run.id}", icon=":material/delete:", type="tertiary"):
        with shown_errors():
            services().workspace.runs.delete(run.id)
            if st.query_params.get("run") == run.id:
                open_run(None)
            st.toast("Run deleted. It can be brought back below.", icon=":material/delete:")
            st.rerun()
