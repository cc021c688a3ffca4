"""The projects on the home page: their cards, and naming, deleting and bringing them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from pages.parts.errors import shown_errors
from pages.parts.project import open_project
from pages.parts.services import services
from pages.parts.text import count, markdown_text, shortened
from pages.parts.thumbnails import draw_cover, thumbnail_address
from tlcore.workspace.records import Project, ProjectSummary

CARD = 262  # pixels: cards of one width that wrap; three in a window of 1280
NAME = 60


def enter(project: Project) -> None:
    """Open a project on its pictures page; this run ends here."""
    open_project(project.id)
    st.switch_page("images.py", query_params={"project": project.id})


def draw_projects(summaries: Sequence[ProjectSummary]) -> None:
    """A card for every project."""
    with st.container(horizontal=True, gap="small"):
        for summary in summaries:
            with st.container(border=True, width=CARD):
                _draw_card(summary)


def _draw_card(summary: ProjectSummary) -> None:
    project = summary.project
    covers = [address for sha in summary.cover if (address := thumbnail_address(sha))]
    draw_cover(covers, f"Pictures of {project.name}", key=f"cover_{project.id}")
    st.markdown(f"**{markdown_text(shortened(project.name, NAME))}**")
    counts = [count(summary.pictures, "picture"), count(summary.labels, "label")]
    if summary.runs:
        counts.append(count(summary.runs, "training"))
    st.caption(f"{', '.join(counts)} · {how_long_ago(summary.changed)}")
    with st.container(horizontal=True):
        if st.button("Open", key=f"open_{project.id}", type="primary", width="stretch"):
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
        name = st.text_input("Name", value=project.name, max_chars=80, key="project_name")
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
    """The form that makes an empty project and opens it."""
    with st.form("new_project", border=False, clear_on_submit=False):
        name = st.text_input(
            "What do you want to tell apart?",
            placeholder="For example: bees and wasps",
            max_chars=80,
            key="new_project_name",
        )
        if st.form_submit_button("Create project", type="primary", icon=":material/add:"):
            with shown_errors():
                enter(services().workspace.projects.create(name))


def draw_deleted_projects() -> None:
    """Deleted projects, each with the way back; nothing where there are none."""
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
    """`just now`, `5 minutes ago`, `yesterday`, `12 days ago`."""
    now = now or datetime.now(UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = max(0.0, (now - moment).total_seconds())
    if seconds < 60:
        return "changed just now"
    for size, most, noun in ((60, 60, "minute"), (3600, 24, "hour"), (86_400, 10_000, "day")):
        number = int(seconds // size)
        if number < most:
            return (
                "changed yesterday"
                if (noun, number) == ("day", 1)
                else (f"changed {count(number, noun)} ago")
            )
    return "changed long ago"
