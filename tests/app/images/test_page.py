"""The pictures page: the ways in, what is reported, and labels and pictures that change."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from pages.parts.frame.services import Services
from pages.parts.frame.text import markdown_text
from pages.parts.images.collection.sufficiency import split_notes, what_is_missing
from pages.parts.images.intake.camera import Burst, read_burst
from pages.parts.images.intake.uploads import frames_of
from pages.parts.pictures.changes import change
from pages.parts.pictures.gallery import Action, read_action
from tests.app.conftest import OpenPage, drawn
from tlcore.images.decode import READABLE
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.workspace.records import Label, Project, Split

PNG = "image/png"


@pytest.fixture
def blank(graft: Services) -> Project:
    """A project without pictures."""
    return graft.workspace.projects.create("Blank")


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


def test_files_come_in_under_a_label_and_the_uploader_is_released(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    name = "<script>alert(1)</script> :smile:"
    graft.workspace.labels.add(graft.workspace.labels.question(blank.id).id, name)
    page = open_page("images.py", blank)
    assert page.selectbox(key=f"label_for_files_{blank.id}").value == name
    files = [(f"{n}.png", drawn(90, n), PNG) for n in range(3)]
    page.file_uploader[0].set_value([*files, ("notes *1*.txt", b"hello", "text/plain")]).run()
    assert not page.exception
    assert "3 pictures came in: 3 in" in page.success[0].value
    assert r"\<script\>" in page.success[0].value
    assert not page.dataframe  # it would cut off what to do
    refused = next(
        one.value for one in page.markdown if markdown_text("notes *1*.txt") in one.value
    )
    assert markdown_text(READABLE) in refused, "and what to do about it"
    assert "not a picture" in refused
    assert page.file_uploader[0].value == []
    assert _names(graft, blank) == [name]

    page.file_uploader[0].set_value(files[:1]).run()
    assert "No new pictures came in" in page.info[0].value
    assert any(one.value == f"- **{markdown_text('0.png')}**" for one in page.markdown)
    page.button(key="close_report").click().run()
    assert not page.info


def test_a_copy_under_another_label_is_told_with_that_label(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    question = graft.workspace.labels.question(blank.id)
    label = graft.workspace.labels.add(question.id, "b")
    copy = drawn(90, 1)
    ingest(graft.workspace, blank.id, from_files([("0.png", copy)], label="*a*"))
    page = open_page("images.py", blank)
    page.session_state[f"view_{blank.id}"] = "Add pictures"
    page.run()
    page.selectbox(key=f"label_for_files_{blank.id}").set_value(label.name).run()
    page.file_uploader[0].set_value([("again.png", copy, PNG)]).run()
    assert not page.exception
    assert "1 file taken, but look at it" in [one.label for one in page.expander]
    assert any(markdown_text("under “*a*”.") in one.value for one in page.markdown)


def test_a_folder_brings_its_labels_and_splits(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    page = _way(open_page, blank, "A folder")
    files = [
        (f"pets/{split}/{label}/{n}.png", drawn(level, n + 10 * place), PNG)
        for place, split in enumerate(("train", "val"))
        for label, level in (("cat", 60), ("dog", 180))
        for n in range(2)
    ]
    page.file_uploader[0].set_value([*files, ("pets/.DS_Store", b"x", "")]).run()
    assert not page.exception
    assert "8 pictures came in" in page.success[0].value
    assert sorted(_names(graft, blank)) == ["cat", "dog"]
    counted = graft.workspace.examples.count
    assert counted(blank.id, split=Split.TRAIN) == counted(blank.id, split=Split.VALIDATION) == 4


def test_a_zip_comes_in_and_a_hostile_one_is_refused_whole(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    page = _way(open_page, blank, "A zip")
    bad = _zip({"a/1.png": drawn(40, 1), "../b/2.png": drawn(40, 2)})
    page.file_uploader[0].set_value(("bad.zip", bad, "application/zip")).run()
    assert not page.exception
    assert page.error
    assert graft.workspace.examples.count(blank.id) == 0

    page = _way(open_page, blank, "A zip")
    good = _zip({"a/1.png": drawn(40, 1), "b/2.png": drawn(200, 2)})
    page.file_uploader[0].set_value(("good.zip", good, "application/zip")).run()
    assert "2 pictures came in: 1 in **a**, 1 in **b**" in page.success[0].value


def test_a_folder_of_this_computer_by_path(
    graft: Services, open_page: OpenPage, blank: Project, tmp_path: Path
) -> None:
    (tmp_path / "owl").mkdir()
    (tmp_path / "owl" / "1.png").write_bytes(drawn(70, 1))
    page = _way(open_page, blank, "This computer")
    page.text_input(key="folder_path").set_value(f'"{tmp_path}"')
    _button(page, "Add its pictures").click().run()
    assert "1 picture came in" in page.success[0].value

    page = _way(open_page, blank, "This computer")
    page.text_input(key="folder_path").set_value(str(tmp_path / "nowhere"))
    _button(page, "Add its pictures").click().run()
    assert "There is no folder" in page.error[0].value


@pytest.fixture
def shared_address() -> Iterator[None]:
    """The server is bound to an address that others can reach."""
    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    yield
    config.set_option("server.address", before)


@pytest.mark.usefixtures("shared_address")
def test_no_path_is_asked_for_on_a_shared_server(
    open_page: OpenPage, blank: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("images.py", blank)
    assert not page.exception
    assert not any("This computer" in option for option in page.segmented_control[0].options)


def test_labels_are_added_renamed_merged_deleted_and_brought_back(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    page = open_page("images.py", project)
    page.button(key="add_label").click().run()
    page.text_input(key="new_label").set_value("dusk")
    _in_dialog(page, "add_label", "Add")
    assert _names(graft, project) == ["dark", "bright", "dusk"]

    dark, bright, dusk = _labels(graft, project)
    page.button(key="change_labels").click().run()
    page.text_input(key=f"new_name_{dark.id}").set_value("night")
    _in_dialog(page, "change_labels", "Rename")
    assert _names(graft, project) == ["night", "bright", "dusk"]

    page.button(key="change_labels").click().run()
    page.selectbox(key=f"merge_into_{dark.id}").set_value(dusk.id)
    _in_dialog(page, "change_labels", "Merge")
    assert _names(graft, project) == ["bright", "dusk"]
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
    dark = _labels(graft, project)[0]
    page = open_page("images.py", project)
    page.button(key="change_labels").click().run()
    page.text_input(key=f"new_name_{dark.id}").set_value("bright")
    _in_dialog(page, "change_labels", "Rename")
    assert "already a label" in page.error[0].value
    assert _names(graft, project) == ["dark", "bright"]


def test_the_filters_narrow_what_is_shown(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    page = open_page("images.py", project)
    assert any(element.value == "48 pictures" for element in page.caption)
    bright = _labels(graft, project)[1]
    page.selectbox(key=f"look_at_label_{project.id}").set_value(bright.id).run()
    assert any(element.value == "24 pictures" for element in page.caption)
    page.selectbox(key="look_at_split").set_value("unlabelled").run()
    assert any("No picture is like that" in element.value for element in page.caption)


def test_selected_pictures_change_label_split_and_go(graft: Services, project: Project) -> None:
    examples = graft.workspace.examples
    question = graft.workspace.labels.question(project.id)
    labels = _labels(graft, project)
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


def test_a_burst_is_read_and_stays_together() -> None:
    frame = drawn(30, 1)
    address = "data:image/jpeg;base64," + base64.b64encode(frame).decode()
    sent = {"frames": [address, "data:text/html,x", 5, address[:-1] + "*"], "id": "../a b"}
    burst = read_burst(sent)
    assert burst == Burst("ab", (frame,))
    assert read_burst({"frames": ["x"], "id": "a"}) is None

    together = frames_of(Burst("a", (b"1", b"2"), "mug"))
    assert {(source.group, source.label) for source in together} == {("camera a", "mug")}
    assert [source.read() for source in together] == [b"1", b"2"]
    assert len({source.name for source in together}) == 2
    assert frames_of(Burst("a", (b"1",), "mug"))[0].group is None


def test_the_chosen_label_is_this_projects_and_still_there(
    graft: Services, open_page: OpenPage, blank: Project, project: Project
) -> None:
    """Else the next pictures would make a label anew that was renamed, or is another project's."""
    dark, bright = _labels(graft, project)
    page = open_page("images.py", project)
    page.session_state[f"view_{project.id}"] = "Add pictures"
    page.run()
    key = f"label_for_files_{project.id}"
    page.selectbox(key=key).set_value(bright.name).run()
    graft.workspace.labels.rename(bright.id, "glaring")
    page.run()
    assert not page.exception
    assert page.selectbox(key=key).value is None and page.file_uploader[0].proto.disabled
    page.selectbox(key=key).set_value("glaring").run()
    assert not page.file_uploader[0].proto.disabled
    graft.workspace.labels.rename(dark.id, "gloomy")
    page.run()
    assert page.selectbox(key=key).value == "glaring"

    page.query_params["project"] = blank.id
    page.run()
    assert page.selectbox(key=f"label_for_files_{blank.id}").value is None


def test_a_burst_that_a_click_broke_off_comes_in_whole(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    """What the next run finds waiting keeps the label that it was recorded for."""
    page = _way(open_page, blank, "Camera")
    waiting = [Burst(name, (drawn(30, n), drawn(60, n)), name) for n, name in enumerate("ab")]
    page.session_state[f"camera_{blank.id}_bursts"] = waiting
    page.run()
    assert not page.exception
    examples = graft.workspace.examples.list(blank.id)
    assert [example.group for example in examples] == ["camera a"] * 2 + ["camera b"] * 2
    assert _names(graft, blank) == ["a", "b"]
    assert page.session_state[f"camera_{blank.id}_bursts"] == []


def test_every_view_opens_on_next_to_nothing(
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
    graft.workspace.examples.delete(report.ids)
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


def _names(graft: Services, project: Project) -> list[str]:
    return [label.name for label in _labels(graft, project)]


def _labels(graft: Services, project: Project) -> list[Label]:
    store = graft.workspace.labels
    return store.list(store.question(project.id).id)


def _way(open_page: OpenPage, project: Project, way: str) -> AppTest:
    page = open_page("images.py", project)
    page.session_state[f"view_{project.id}"] = "Add pictures"
    page.run()
    return page.segmented_control[0].set_value(way).run()


def _button(page: AppTest, label: str):
    return next(button for button in page.button if button.label == label)


def _in_dialog(page: AppTest, opener: str, label: str) -> None:
    """Click a button of an open dialog: without fragments, the one that opened it as well."""
    page.button(key=opener).click()
    _button(page, label).click().run()


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
