"""The report of a run: made in the background, then downloaded as a page and as data."""

from __future__ import annotations

import re

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.run.choice import ChosenRun
from pages.parts.run.examination import draw_waiting, forget, run_payload, start_once, version_of
from tlcore.workspace.records import Project

TASK = "tlcore.results.report.tasks:report_task"


def draw_report_button(project: Project, chosen: ChosenRun) -> None:
    """Make it, then offer both files."""
    st.write(
        "One page to print or to send: pictures, settings, the score with its interval, the "
        "confusion table, the worst mistakes, limits, and where the network is from. It shows "
        "small copies of the pictures that were answered most wrongly."
    )
    state_key = f"report_{chosen.run.id}"
    if st.button("Make the report", icon=":material/description:", type="primary",
                 key="make_report"):  # fmt: skip
        with shown_errors():
            fresh = f"report-{version_of(chosen)}"
            forget(fresh)  # later results and the threshold belong in it
            start_once(fresh, TASK, run_payload(chosen, name=project.name))
            st.session_state[state_key] = fresh
    key: str | None = st.session_state.get(state_key)
    if key is None:
        return
    work = start_once(key, TASK, run_payload(chosen, name=project.name))
    if work.report is None:
        draw_waiting(key)
        return
    stem = re.sub(r"[^\w\- ]+", "_", project.name).strip() or "report"
    name = f"{stem} run {chosen.run.number}"
    with st.container(horizontal=True):
        st.download_button(
            "Download the page (HTML)", work.report["html"], f"{name}.html", "text/html",
            icon=":material/download:", on_click="ignore", key="report_html",
        )  # fmt: skip
        st.download_button(
            "Download the data (JSON)", work.report["json"], f"{name}.json", "application/json",
            icon=":material/download:", on_click="ignore", key="report_json",
        )  # fmt: skip
    st.caption("Open the page in a browser and print it, also as a PDF.")
