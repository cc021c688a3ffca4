"""The pictures page: what is done with selected pictures, one at a time, and taken back."""

from __future__ import annotations

from pages.parts.frame.services import Services
from pages.parts.images.checkup.mending import apply_mends
from pages.parts.images.collection.browser import carry_out
from pages.parts.images.collection.single_picture import PLACE
from pages.parts.pictures.changes import change
from pages.parts.pictures.gallery import Action, read_action
from tests.app.conftest import OpenPage, drawn
from tests.app.images.steps import labels_of
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.images.stored_splits import BRIDGES
from tlcore.quality.checkup.findings import Mend
from tlcore.workspace.examples.changes import Flag
from tlcore.workspace.records import Project, Split


def test_selected_pictures_change_label_split_and_go(graft: Services, project: Project) -> None:
    examples = graft.workspace.examples
    question = graft.workspace.labels.question(project.id)
    labels = labels_of(graft, project)
    dark, bright = labels
    ids = tuple(e.id for e in examples.list(project.id, label_id=dark.id)[:3])

    assert "3 pictures moved to “bright”" in change(
        Action("label", ids, str(bright.id)), labels, question
    )
    assert examples.count(project.id, label_id=bright.id) == 27
    assert change(Action("split", ids, "test"), labels, question) == "3 pictures used for: Test."
    assert {e.split for e in examples.get_many(ids)} == {Split.TEST}
    assert "3 pictures deleted" in change(Action("delete", ids, None), labels, question)
    assert examples.count(project.id) == 45
    assert examples.count(project.id, deleted=True) == 3
    for nonsense in (
        Action("label", ids, "999999"),
        Action("split", ids, "x"),
        Action("y", ids, ""),
    ):
        assert change(nonsense, labels, question) == ""


def test_a_picture_that_gets_its_first_label_gets_a_split(graft: Services, blank: Project) -> None:
    files = [(f"{n}.png", drawn(120, n)) for n in range(4)]
    report = ingest(graft.workspace, blank.id, from_files(files))
    question = graft.workspace.labels.question(blank.id)
    label = graft.workspace.labels.add(question.id, "owl")
    change(Action("label", tuple(report.ids), str(label.id)), [label], question)
    splits = {example.split for example in graft.workspace.examples.get_many(report.ids)}
    assert Split.UNLABELLED not in splits
    assert Split.TRAIN in splits


def test_only_pictures_that_were_shown_can_be_changed(graft: Services, project: Project) -> None:
    shown = graft.workspace.examples.list(project.id, limit=2)
    sent = {"kind": "delete", "ids": [shown[0].id, 10**9, "1", None], "value": None}
    assert read_action(sent, shown) == Action("delete", (shown[0].id,), None)
    for nonsense in (None, "x", {}, {"kind": "delete", "ids": "all"}, {**sent, "ids": [10**9]}):
        assert read_action(nonsense, shown) is None


def test_each_click_can_be_undone_and_redone(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    examples, labels = graft.workspace.examples, labels_of(graft, project)
    question = graft.workspace.labels.question(project.id)
    before = examples.list(project.id)
    ids = tuple(example.id for example in before[:3])
    page = open_page("images.py", project)
    assert not [button for button in page.button if button.key in ("undo_back", "undo_again")]

    change(Action("label", ids, str(labels[1].id)), labels, question)
    change(Action("turn", ids[:1], "left"), labels, question)
    change(Action("delete", ids, None), labels, question)
    assert examples.count(project.id) == 45
    page.run()
    assert "Undo: 3 pictures deleted" in page.button(key="undo_back").label
    for _ in range(3):
        page.button(key="undo_back").click().run()
    assert not page.exception
    assert examples.list(project.id) == before
    assert "Redo: 3 pictures moved to “bright”" in page.button(key="undo_again").label
    page.button(key="undo_again").click().run()
    assert examples.count(project.id, label_id=labels[1].id) == 27


def test_undo_leaves_alone_what_another_window_did(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    question = graft.workspace.labels.question(project.id)
    first, second = graft.workspace.examples.list(project.id, limit=2)
    change(Action("delete", (first.id,), None), [], question)
    page = open_page("images.py", project)
    change(Action("split", (second.id,), "test"), [], question)  # in another window
    page.button(key="undo_back").click().run()
    assert not page.exception and "another window" in page.error[0].value
    assert graft.workspace.examples.get(second.id).split is Split.TEST
    assert "used for" in page.button(key="undo_back").label
    page.button(key="undo_back").click().run()
    assert not page.error
    assert graft.workspace.examples.get(second.id).split is second.split


def test_a_label_is_taken_away_and_given_again(graft: Services, project: Project) -> None:
    examples, labels = graft.workspace.examples, labels_of(graft, project)
    question = graft.workspace.labels.question(project.id)
    ids = tuple(example.id for example in examples.list(project.id, limit=2))
    before = examples.get_many(ids)
    assert "without a label" in change(Action("label", ids, ""), labels, question)
    assert {example.split for example in examples.get_many(ids)} == {Split.UNLABELLED}
    change(Action("label", ids, str(labels[0].id)), labels, question)
    assert Split.UNLABELLED not in {example.split for example in examples.get_many(ids)}
    graft.workspace.history.undo(project.id)  # the label and the split that followed from it
    assert examples.get_many(ids)[0].answers == {}
    assert {example.split for example in examples.get_many(ids)} == {Split.UNLABELLED}
    graft.workspace.history.undo(project.id)
    assert examples.get_many(ids) == before


def test_what_was_set_aside_stays_aside_under_another_label(
    graft: Services, project: Project
) -> None:
    examples, labels = graft.workspace.examples, labels_of(graft, project)
    question = graft.workspace.labels.question(project.id)
    ids = tuple(example.id for example in examples.list(project.id, limit=2))
    change(Action("split", ids, "unlabelled"), labels, question)
    change(Action("label", ids, str(labels[1].id)), labels, question)
    mend = Mend("relabel", ids, "", question=question.id, label=labels[0].id)
    apply_mends(project, question.id, [mend], "mended")
    assert {example.split for example in examples.get_many(ids)} == {Split.UNLABELLED}
    assert labels[0].id in examples.get(ids[0]).answers.values()


def test_choosing_a_use_by_hand_removes_the_warning(graft: Services, project: Project) -> None:
    examples = graft.workspace.examples
    question = graft.workspace.labels.question(project.id)
    example = examples.list(project.id, limit=1)[0]
    graft.workspace.history.write(project.id, [Flag([example.id], BRIDGES)])
    change(Action("split", (example.id,), "train"), [], question)
    assert examples.get(example.id).flags == ()
    graft.workspace.history.undo(project.id)
    assert examples.get(example.id).flags == (BRIDGES,)


def test_pictures_that_cannot_be_restored_yet_are_counted(
    graft: Services, project: Project
) -> None:
    dark, bright = labels_of(graft, project)
    examples = graft.workspace.examples
    question = graft.workspace.labels.question(project.id)
    ids = tuple(examples.list(project.id, label_id=label.id)[0].id for label in (dark, bright))
    change(Action("delete", ids, None), [], question)
    graft.workspace.labels.delete(dark.id)
    words = change(Action("restore", ids, None), [], question)
    assert words.startswith("1 picture brought back, 1 not: their label is deleted")
    assert examples.count(project.id, deleted=True) == 1
    graft.workspace.labels.restore(dark.id)
    assert change(Action("restore", ids[:1], None), [], question) == "1 picture brought back."
    assert examples.count(project.id) == 48


def test_undo_comes_without_pictures(graft: Services, project: Project) -> None:
    shown = graft.workspace.examples.list(project.id, limit=1)
    question = graft.workspace.labels.question(project.id)
    assert read_action({"kind": "undo", "ids": []}, shown) == Action("undo", (), None)
    assert read_action({"kind": "delete", "ids": []}, shown) is None
    change(Action("delete", (shown[0].id,), None), [], question)
    carry_out(Action("undo", (), None), [], question)
    assert graft.workspace.examples.count(project.id) == 48
    carry_out(Action("redo", (), None), [], question)
    assert graft.workspace.examples.count(project.id) == 47


def test_a_picture_that_cannot_be_read_any_more_is_counted(
    graft: Services, project: Project
) -> None:
    question = graft.workspace.labels.question(project.id)
    report = ingest(graft.workspace, project.id, from_files([("x.png", drawn(99, 1))]))
    [example] = graft.workspace.examples.get_many(report.ids)
    graft.workspace.pictures.original(example.picture).unlink()
    words = change(Action("turn", (example.id,), "right"), [], question)
    assert words == "0 pictures turned right. 1 picture could not be read."
    assert change(Action("turn", (example.id,), "upside"), [], question) == ""


def test_pictures_are_labelled_one_by_one(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    dark, bright = labels_of(graft, project)
    first, second = graft.workspace.examples.list(project.id, limit=2)
    page = open_page("images.py", project)
    page.session_state["gallery_look_at"] = first.id
    page.run()
    assert not page.exception
    assert page.button(key="closer_Previous").disabled
    # Without fragments, as here, a click runs the whole page: open the dialog again at its place.
    page.session_state["gallery_look_at"] = first.id
    page.button(key=f"closer_label_{bright.id}").click().run()
    assert not page.exception
    labels = [e.answers for e in graft.workspace.examples.get_many([first.id, second.id])]
    assert bright.id in labels[0].values() and dark.id in labels[1].values()
    assert PLACE in page.session_state
