"""The pictures page as a whole: what it says and offers while pictures are few."""

from __future__ import annotations

from pages.parts.frame.services import Services
from pages.parts.images.collection.sufficiency import split_notes, what_is_missing
from tests.app.conftest import OpenPage, drawn
from tests.changes import change
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.workspace.examples.changes import Delete
from tlcore.workspace.records import Label, Project, Split

PNG = "image/png"


def test_without_a_project_the_way_home_is_shown(open_page: OpenPage) -> None:
    page = open_page("images.py")
    assert not page.exception
    assert "No project is open" in page.info[0].value


def test_an_empty_project_says_what_is_missing(open_page: OpenPage, blank: Project) -> None:
    page = open_page("images.py", blank)
    assert not page.exception
    assert page.file_uploader[0].proto.disabled
    assert "next_step" not in [button.key for button in page.button]
    assert any("add pictures to at least two labels" in e.value for e in page.caption)


def test_with_two_labels_the_next_step_is_open(open_page: OpenPage, project: Project) -> None:
    page = open_page("images.py", project)
    assert not page.exception
    page.button(key="next_step").click().run()
    assert page.title[0].value != "What are your pictures?"


def test_every_view_opens_with_almost_no_pictures(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    """Without pictures, with an empty label, with one picture, with that one deleted."""
    question = graft.workspace.labels.question(blank.id)
    page = open_page("images.py", blank)

    def look() -> None:
        views = [view.label for view in page.tabs]
        assert "Map" in views
        for view in views:
            page.session_state[f"view_{blank.id}"] = view
            page.run()
            assert not page.exception and not page.error, view

    look()
    label = graft.workspace.labels.add(question.id, "$x$ <b>")
    look()
    report = ingest(graft.workspace, blank.id, from_files([("*1*.png", drawn(9, 9))], label="a"))
    look()
    graft.workspace.labels.delete(label.id)
    change(graft.workspace, Delete(report.ids))
    look()


def test_what_is_missing_and_what_the_splits_lack() -> None:
    ant, bee = Label(1, 1, "ant", 0), Label(2, 1, "*bee*", 1)
    full = {Split.TRAIN: 7, Split.VALIDATION: 2, Split.TEST: 1}
    assert "at least two labels" in what_is_missing([], {})
    assert "second label" in what_is_missing([ant], {1: full})
    assert r"\*bee\* has 1 picture" in what_is_missing([ant, bee], {1: full, 2: {Split.TRAIN: 1}})
    assert what_is_missing([ant, bee], {1: full, 2: full}) == ""
    assert what_is_missing([ant, bee], {1: full, 2: {Split.UNLABELLED: 9}}) != ""

    assert split_notes([ant, bee], {1: full, 2: full}) == []
    few = {Split.TRAIN: 3, Split.VALIDATION: 1}
    assert "ten or more" in split_notes([ant, bee], {1: full, 2: few})[0]
    learned = split_notes([ant, bee], {1: full, 2: {Split.TRAIN: 30}})
    assert len(learned) == 1
    assert "Nothing to check" in learned[0] and "no test pictures" in learned[0]
    scored = split_notes([ant, bee], {1: full, 2: {Split.TRAIN: 30, Split.TEST: 3}})
    assert "Nothing to check" in scored[0] and "no test pictures" not in scored[0]
