"""What the tests of the pictures page do again and again."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from pages.parts.frame.services import Services
from tests.app.conftest import OpenPage
from tlcore.workspace.records import Label, Project


def labels_of(graft: Services, project: Project) -> list[Label]:
    """The labels of the project's first question."""
    store = graft.workspace.labels
    return store.list(store.question(project.id).id)


def label_names(graft: Services, project: Project) -> list[str]:
    """The names of the labels of the project's first question."""
    return [label.name for label in labels_of(graft, project)]


def open_method(open_page: OpenPage, project: Project, method: str) -> AppTest:
    """The pictures page, with this method to add pictures by."""
    page = open_page("images.py", project)
    page.session_state[f"view_{project.id}"] = "Add pictures"
    page.run()
    return page.segmented_control[0].set_value(method).run()


def button(page: AppTest, label: str) -> Button:
    """The first button of the page with these words."""
    return next(button for button in page.button if button.label == label)
