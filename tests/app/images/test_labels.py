"""The pictures page: adding, renaming, merging and deleting labels, and filtering by them."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from pages.parts.frame.services import Services
from tests.app.conftest import OpenPage
from tests.app.images.steps import button, label_names, labels_of
from tlcore.workspace.records import Project

PNG = "image/png"


def test_labels_are_added_renamed_merged_deleted_and_brought_back(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    page = open_page("images.py", project)
    page.button(key="add_label").click().run()
    page.text_input(key="new_label").set_value("dusk")
    _in_dialog(page, "add_label", "Add")
    assert label_names(graft, project) == ["dark", "bright", "dusk"]

    dark, bright, dusk = labels_of(graft, project)
    page.button(key="change_labels").click().run()
    page.text_input(key=f"new_name_{dark.id}").set_value("night")
    _in_dialog(page, "change_labels", "Rename")
    assert label_names(graft, project) == ["night", "bright", "dusk"]

    page.button(key="change_labels").click().run()
    page.selectbox(key=f"merge_into_{dark.id}").set_value(dusk.id)
    _in_dialog(page, "change_labels", "Merge")
    assert label_names(graft, project) == ["bright", "dusk"]
    assert graft.workspace.examples.count(project.id, label_id=dusk.id) == 24

    page.button(key="change_labels").click().run()
    page.selectbox(key="change_label").set_value(bright.id)
    _in_dialog(page, "change_labels", "Delete this label")
    assert graft.workspace.examples.count(project.id) == 24

    page.session_state[f"view_{project.id}"] = "Recently deleted"
    page.run()
    page.button(key=f"restore_label_{bright.id}").click().run()
    assert not page.exception
    assert graft.workspace.examples.count(project.id) == 48


def test_a_name_that_is_taken_is_refused_with_a_remedy(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    dark = labels_of(graft, project)[0]
    page = open_page("images.py", project)
    page.button(key="change_labels").click().run()
    page.text_input(key=f"new_name_{dark.id}").set_value("bright")
    _in_dialog(page, "change_labels", "Rename")
    assert "already a label" in page.error[0].value
    assert label_names(graft, project) == ["dark", "bright"]


def test_the_filters_narrow_what_is_shown(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    page = open_page("images.py", project)
    assert any(element.value == "48 pictures" for element in page.caption)
    bright = labels_of(graft, project)[1]
    page.selectbox(key=f"look_at_label_{project.id}").set_value(bright.id).run()
    assert any(element.value == "24 pictures" for element in page.caption)
    page.selectbox(key="look_at_split").set_value("unlabelled").run()
    assert any("No picture is like that" in element.value for element in page.caption)


def _in_dialog(page: AppTest, opener: str, label: str) -> None:
    """Click a button of an open dialog: without fragments, the one that opened it as well."""
    page.button(key=opener).click()
    button(page, label).click().run()
