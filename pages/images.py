"""The pictures of a project: what they are, what is in each, and whether something is wrong."""

from __future__ import annotations

import streamlit as st

from pages.parts.frame.project import require_project
from pages.parts.frame.services import services
from pages.parts.frame.steps import next_step
from pages.parts.images.checkup.checkup_view import draw_checkup, draw_checkup_line
from pages.parts.images.collection.browser import choose_label, chosen_label, draw_browser
from pages.parts.images.collection.deleted import draw_deleted
from pages.parts.images.collection.export_pictures import draw_export
from pages.parts.images.collection.labels import draw_label_tools, draw_labels
from pages.parts.images.collection.sufficiency import draw_split_notes, what_is_missing
from pages.parts.images.insight.first_guess import draw_first_guess
from pages.parts.images.insight.forecast_view import draw_forecast
from pages.parts.images.insight.groups_view import draw_groups
from pages.parts.images.insight.map_view import draw_map
from pages.parts.images.intake.picture_import import draw_import_report, import_report
from pages.parts.images.intake.uploads import draw_import_methods
from pages.parts.pictures.undo import draw_undo

ADD, LOOK, CHECK, GUESS = "Add pictures", "Look through", "Check-up", "First guess"
GROUPS, MAP, DELETED = "Groups", "Map", "Recently deleted"

project = require_project()
workspace = services().workspace
question = workspace.labels.question(project.id)
labels = workspace.labels.list(question.id)
table = workspace.examples.table(project.id, question.id)
number = sum(sum(counts.values()) for counts in table.values())

st.title("What are your pictures?", anchor=False)
st.write(
    "Give every label a few dozen pictures that show it, as different from one another as those "
    "you will meet later. Graft learns by comparing, so it needs at least two labels."
)

view = f"view_{project.id}"
st.session_state.setdefault(view, LOOK if number else ADD)


def show_label(label: int | str) -> None:
    """Look at the pictures of the label that was clicked."""
    choose_label(project, label)
    st.session_state[view] = LOOK


def show_checkup() -> None:
    """Open the check-up."""
    st.session_state[view] = CHECK


# One container, filled or not, keeps what is below in its place: a running camera is not restarted.
with st.container():
    if labels or number:
        draw_labels(project, labels, table, chosen_label(project), show_label)
        if import_report(project) is None:
            draw_split_notes(labels, table)
        draw_checkup_line(project, show_checkup)
with st.container(horizontal=True):
    draw_label_tools(question, labels, chosen_label(project))
    if number:
        draw_export(project)
    draw_undo(project)

tabs = st.tabs([ADD, LOOK, CHECK, GUESS, GROUPS, MAP, DELETED], key=view, on_change="rerun")
with tabs[0]:
    if tabs[0].open:
        draw_import_methods(project, question, labels)
        draw_import_report(project)
with tabs[1]:
    if tabs[1].open:
        draw_browser(project, question, labels)
with tabs[2]:
    if tabs[2].open:
        draw_checkup(project, question)
        draw_forecast(project)
with tabs[3]:
    if tabs[3].open:
        draw_first_guess(project, question, labels)
with tabs[4]:
    if tabs[4].open:
        draw_groups(project, question, labels)
with tabs[5]:
    if tabs[5].open:
        draw_map(project, question, labels)
with tabs[6]:
    if tabs[6].open:
        draw_deleted(project, question)

missing = what_is_missing(labels, table)
next_step("model.py", ready=not missing, why_not=missing)
