"""The projects on the home page: their cards, and naming, deleting and bringing them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.project import open_project
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.pictures.thumbnails import draw_cover, thumbnail_address
from tlcore.workspace.names import LONGEST
from tlcore.workspace.records import Project, ProjectSummary

CARD = 262  # pixels: cards of one width that wrap; three in a window of 1280
NAME = 60


def enter(project: Project) -> None:
    """Open the pictures page of a project, which ends this run."""
    open_project(project.id)
    st.switch_page("images.py", query_params={"project": project.id})


def draw_projects(summaries: Sequence[ProjectSummary]) -> None:
    """Draw a card for every project."""
    with st.container(horizontal=True, gap="small"):
        for number, summary in enumerate(summaries):
            with st.container(border=True, width=CARD, height="stretch"):
                _draw_card(summary, latest=number == 0)


def _draw_card(summary: ProjectSummary, *, latest: bool) -> None:
    project = summary.project
    covers = [address for sha in summary.cover if (address := thumbnail_address(sha))]
    draw_cover(covers, f"Pictures of {project.name}", key=f"cover_{project.id}")
    st.markdown(f"**{markdown_text(shortened(project.name, NAME))}**")
    counts = [count(summary.pictures, "picture"), count(summary.labels, "label")]
    if summary.runs:
        counts.append(count(summary.runs, "training"))
    st.caption(f"{', '.join(counts)}  \n{how_long_ago(summary.changed)}")
    st.space("stretch")
    with st.container(horizontal=True):
        kind: Literal["primary", "secondary"] = "primary" if latest else "secondary"
        if st.button("Open", key=f"open_{project.id}", type=kind, width="stretch"):
            enter(project)
        choice = st.menu_button(
            "More",
            ["Rename", "Delete"],
            key=f"more_{project.id}",
        )
    if choice == "Rename":
        _rename(project)
    if choice == "Delete":
        _delete(project)


@st.dialog("Rename the project")
def _rename(project: Project) -> None:
    with st.form("rename_project", border=False):
        name = st.text_input("Name", value=project.name, max_chars=LONGEST, key="project_name")
        if st.form_submit_button("Rename", type="primary"):
            with shown_errors():
                services().workspace.projects.rename(project.id, name)
                st.rerun()


@st.dialog("Delete the project?")
def _delete(project: Project) -> None:
    st.markdown(
        f"**{markdown_text(project.name)}** goes, with its pictures and trainings. "
        "You can bring it back at the bottom of the home page."
    )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="confirm_delete"):
            services().workspace.projects.delete(project.id)
            st.rerun()
        if st.button("Keep it", key="keep"):
            st.rerun()


def draw_new_project() -> None:
    """Draw the form that makes an empty project and opens it."""
    with st.form("new_project", border=False, clear_on_submit=False):
        name = st.text_input(
            "What do you want to tell apart?",
            placeholder="For example: bees and wasps",
            max_chars=LONGEST,
            key="new_project_name",
        )
        if st.form_submit_button("Create project", type="primary", icon=":material/add:"):
            with shown_errors():
                enter(services().workspace.projects.create(name))


def draw_deleted_projects() -> None:
    """Draw the deleted projects, each with a button that brings it back, if there are any."""
    deleted = services().workspace.projects.summaries(deleted=True)
    if not deleted:
        return
    with st.expander(f"Deleted projects ({len(deleted)})", icon=":material/delete:"):
        for summary in deleted:
            with st.container(horizontal=True, vertical_alignment="center"):
                name = markdown_text(shortened(summary.project.name, NAME))
                pictures = count(summary.pictures, "picture")
                st.markdown(f"**{name}**, {pictures}", width="stretch")
                if st.button("Bring back", key=f"restore_{summary.project.id}"):
                    services().workspace.projects.restore(summary.project.id)
                    st.rerun()


def how_long_ago(moment: datetime, now: datetime | None = None) -> str:
    """`changed just now`, `changed 5 minutes ago`, `changed 1 day ago`."""
    now = now or datetime.now(UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = max(0, int((now - moment).total_seconds()))
    for size, noun in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"changed {count(seconds // size, noun)} ago"
    return "changed just now"
