"""The pictures page: importing files, folders, zips and what the camera records."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit import config

from pages.parts.frame.services import Services
from pages.parts.frame.text import markdown_text
from pages.parts.images.intake.camera import Burst, read_burst
from pages.parts.images.intake.uploads import frames_of
from tests.app.conftest import OpenPage, drawn
from tests.app.images.steps import button, label_names, labels_of, open_method
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.images.kinds import READABLE
from tlcore.workspace.records import Project, Split

PNG = "image/png"


def test_files_are_imported_under_a_label_and_the_uploader_is_released(
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
        line.value for line in page.markdown if markdown_text("notes *1*.txt") in line.value
    )
    assert markdown_text(READABLE) in refused, "and what to do about it"
    assert "not a picture" in refused
    assert page.file_uploader[0].value == []
    assert label_names(graft, blank) == [name]

    page.file_uploader[0].set_value(files[:1]).run()
    assert "No new pictures came in" in page.info[0].value
    assert any(line.value == f"- **{markdown_text('0.png')}**" for line in page.markdown)
    page.button(key="close_report").click().run()
    assert not page.info


def test_a_copy_under_another_label_is_reported_with_that_label(
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
    assert "1 file taken, but look at it" in [expander.label for expander in page.expander]
    assert any(markdown_text("under “*a*”.") in line.value for line in page.markdown)


def test_a_folder_brings_its_labels_and_splits(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    page = open_method(open_page, blank, "A folder")
    files = [
        (f"pets/{split}/{label}/{n}.png", drawn(level, n + 10 * place), PNG)
        for place, split in enumerate(("train", "val"))
        for label, level in (("cat", 60), ("dog", 180))
        for n in range(2)
    ]
    page.file_uploader[0].set_value([*files, ("pets/.DS_Store", b"x", "")]).run()
    assert not page.exception
    assert "8 pictures came in" in page.success[0].value
    assert sorted(label_names(graft, blank)) == ["cat", "dog"]
    counted = graft.workspace.examples.count
    assert counted(blank.id, split=Split.TRAIN) == counted(blank.id, split=Split.VALIDATION) == 4


def test_a_zip_is_imported_and_a_hostile_zip_is_refused_whole(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    page = open_method(open_page, blank, "A zip")
    bad = _zip({"a/1.png": drawn(40, 1), "../b/2.png": drawn(40, 2)})
    page.file_uploader[0].set_value(("bad.zip", bad, "application/zip")).run()
    assert not page.exception
    assert page.error
    assert graft.workspace.examples.count(blank.id) == 0

    page = open_method(open_page, blank, "A zip")
    good = _zip({"a/1.png": drawn(40, 1), "b/2.png": drawn(200, 2)})
    page.file_uploader[0].set_value(("good.zip", good, "application/zip")).run()
    assert "2 pictures came in: 1 in **a**, 1 in **b**" in page.success[0].value


def test_a_folder_of_this_computer_by_path(
    graft: Services, open_page: OpenPage, blank: Project, tmp_path: Path
) -> None:
    (tmp_path / "owl").mkdir()
    (tmp_path / "owl" / "1.png").write_bytes(drawn(70, 1))
    page = open_method(open_page, blank, "This computer")
    page.text_input(key="folder_path").set_value(f'"{tmp_path}"')
    button(page, "Add its pictures").click().run()
    assert "1 picture came in" in page.success[0].value

    page = open_method(open_page, blank, "This computer")
    page.text_input(key="folder_path").set_value(str(tmp_path / "nowhere"))
    button(page, "Add its pictures").click().run()
    assert "There is no folder" in page.error[0].value


@pytest.fixture
def shared_address() -> Iterator[None]:
    """The server is bound to an address that others can reach."""
    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    yield
    config.set_option("server.address", before)


@pytest.mark.usefixtures("shared_address")
def test_a_shared_server_offers_no_folder_of_its_computer(
    open_page: OpenPage, blank: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("images.py", blank)
    assert not page.exception
    assert not any("This computer" in option for option in page.segmented_control[0].options)


def test_the_chosen_label_belongs_to_this_project_and_still_exists(
    graft: Services, open_page: OpenPage, blank: Project, project: Project
) -> None:
    """Else the next pictures would make a label anew that was renamed, or is another project's."""
    dark, bright = labels_of(graft, project)
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


def test_a_burst_interrupted_by_a_click_is_imported_whole(
    graft: Services, open_page: OpenPage, blank: Project
) -> None:
    """What the next run finds waiting keeps the label that it was recorded for."""
    page = open_method(open_page, blank, "Camera")
    waiting = [Burst(name, (drawn(30, n), drawn(60, n)), name) for n, name in enumerate("ab")]
    page.session_state[f"camera_{blank.id}_bursts"] = waiting
    page.run()
    assert not page.exception
    examples = graft.workspace.examples.list(blank.id)
    assert [example.group for example in examples] == ["camera a"] * 2 + ["camera b"] * 2
    assert label_names(graft, blank) == ["a", "b"]
    assert page.session_state[f"camera_{blank.id}_bursts"] == []


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
