"""Which run is open: it stands in the address bar, so it survives a refresh."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.frame.services import services
from tlcore.errors import NotFound
from tlcore.workspace.records import Project, Run

NEW = "new"  # in the address bar in place of a run: settings for another one


def open_run(run_id: str | None) -> None:
    """Open a run (None: the default one): put it into the address bar."""
    st.query_params.pop("race", None)
    if run_id is None:
        st.query_params.pop("run", None)
    else:
        st.query_params["run"] = run_id


def current_run(project: Project, runs: Sequence[Run]) -> Run | None:
    """The run of the address bar; else the active one, else the newest, else None.

    None, too, while the address bar asks for a new one.
    """
    requested = st.query_params.get("run")
    if requested == NEW:
        return None
    if requested is not None:
        try:
            run = services().workspace.runs.get(requested)
        except NotFound:
            run = None
        if run is not None and run.project_id == project.id and run.deleted is None:
            return run
        open_run(None)
    active = [run for run in reversed(runs) if not run.state.over]
    chosen = active[0] if active else (runs[0] if runs else None)
    if chosen is not None:
        open_run(chosen.id)
    return chosen
