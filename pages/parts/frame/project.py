"""Which project the visitor is in: the address bar first, then the session."""

from __future__ import annotations

import streamlit as st

from pages.parts.frame.services import services
from tlcore.errors import NotFound
from tlcore.workspace.records import Project


def open_project(project_id: str | None) -> None:
    """Make a project the current one, for this session and in the address bar."""
    if project_id is None:
        st.session_state.pop("project", None)
        st.query_params.pop("project", None)
    else:
        st.session_state["project"] = project_id
        st.query_params["project"] = project_id


def current_project() -> Project | None:
    """The project of the address bar or the session; None when there is none or it was deleted."""
    project_id = st.query_params.get("project") or st.session_state.get("project")
    if not project_id:
        return None
    try:
        project = services().workspace.projects.get(project_id)
    except NotFound:
        project = None
    if project is None or project.deleted is not None:
        open_project(None)
        return None
    open_project(project.id)
    return project


def require_project() -> Project:
    """The current project; without one, draw a link to the home page and end this run."""
    project = current_project()
    if project is None:
        st.info("No project is open yet. Choose one, or start from a sample, on the home page.")
        st.page_link("home.py", label="Go to the home page", icon=":material/home:")
        st.stop()
    return project
