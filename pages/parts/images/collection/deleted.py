"""The deleted labels and pictures of a project, and bringing them back."""

from __future__ import annotations

import streamlit as st

from pages.parts.frame.errors import shown_errors
from pages.parts.frame.paging import choose_page
from pages.parts.frame.services import services
from pages.parts.frame.text import count, markdown_text
from pages.parts.pictures.changes import change
from pages.parts.pictures.gallery import PAGE, Action, draw_gallery
from tlcore.workspace.records import Project, Question


def draw_deleted(project: Project, question: Question) -> None:
    """List deleted labels and pictures, each with a button that brings it back."""
    workspace = services().workspace
    labels = workspace.labels.list(question.id, deleted=True)
    number = workspace.examples.count(project.id, deleted=True)
    if not labels and not number:
        st.caption("Nothing is deleted. What you delete waits here until you bring it back.")
        return
    for label in labels:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Label **{markdown_text(label.name)}** with its pictures", width="stretch")
            if st.button("Bring back", key=f"restore_label_{label.id}"):
                with shown_errors():
                    workspace.labels.restore(label.id)
                    st.rerun()
    if number:
        _draw_deleted_pictures(project, question, number)


def _draw_deleted_pictures(project: Project, question: Question, number: int) -> None:
    workspace = services().workspace
    st.markdown(f"{count(number, 'deleted picture')}")
    page = choose_page(number, PAGE, key="deleted_page")
    examples = workspace.examples.list(project.id, deleted=True, offset=page.start, limit=PAGE)
    every = workspace.labels.list(question.id) + workspace.labels.list(question.id, deleted=True)
    draw_gallery(
        examples,
        every,
        question.id,
        words="Deleted pictures",
        on_action=lambda action: _bring_back(action, question),
        deleted=True,
        key=f"deleted_{project.id}",
    )


def _bring_back(action: Action, question: Question) -> None:
    if action.kind == "restore":
        with shown_errors():
            change(action, [], question)
