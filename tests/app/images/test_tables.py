"""The pictures page: tables in, with and without pictures, and the project out again."""

from __future__ import annotations

import hashlib
import io
import zipfile

from pages.parts.frame.services import Services
from pages.parts.images.collection.export_pictures import COPIES, CSV, _make
from tests.app.conftest import OpenPage, drawn
from tests.app.images.steps import open_method
from tlcore.images.intake.archive import table_in_zip
from tlcore.workspace.records import Project, Split


def test_a_table_brings_its_pictures_after_a_preview(graft: Services, open_page: OpenPage) -> None:
    blank = graft.workspace.projects.create("Blank")
    page = open_method(open_page, blank, "A table")
    table = b"name;what;subset\n0.png;<b>owl</b>;train\n1.png;<b>owl</b>;test\n9.png;cat;odd\n"
    page.file_uploader[0].set_value(("t.csv", table, "text/csv"))
    page.file_uploader[1].set_value([(f"{n}.png", drawn(90, n), "image/png") for n in range(3)])
    page.run()
    assert not page.exception
    assert "2 pictures that came along found in the table" in page.success[0].value
    titles = [expander.label for expander in page.expander]
    assert "1 row without a picture" in titles and "1 picture not in the table" in titles
    assert any("No known use: odd" in caption.value for caption in page.caption)
    assert graft.workspace.examples.count(blank.id) == 0

    page.checkbox(key="table_others").set_value(True).run()
    page.button(key="table_write").click().run()
    assert not page.exception
    examples = graft.workspace.examples.list(blank.id)
    assert [example.split for example in examples] == [Split.TRAIN, Split.TEST, Split.UNLABELLED]
    question = graft.workspace.labels.question(blank.id)
    assert [label.name for label in graft.workspace.labels.list(question.id)] == ["<b>owl</b>"]
    assert page.file_uploader[0].value in (None, [])


def test_a_table_changes_pictures_that_are_there_and_is_undone(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    before = graft.workspace.examples.list(project.id)
    page = open_method(open_page, project, "A table")
    rows = "\n".join(f"dark {n}.png,night,p{n % 3}" for n in range(4))
    page.file_uploader[0].set_value(("t.csv", f"file,label,patient\n{rows}\n".encode(), "")).run()
    assert "4 pictures in this project found" in page.success[0].value
    page.button(key="table_write").click().run()
    assert not page.exception
    groups = [example.group for example in graft.workspace.examples.list(project.id)]
    assert groups[:4] == ["p0", "p1", "p2", "p0"]
    page.button(key="undo_back").click().run()
    assert graft.workspace.examples.list(project.id) == before


def test_a_file_that_is_no_table_says_what_to_do(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    page = open_method(open_page, project, "A table")
    page.file_uploader[0].set_value(("t.xlsx", b"no workbook", "")).run()
    assert not page.exception
    assert "Save it again" in page.error[0].value
    page.file_uploader[0].set_value(("t.csv", b"a,b\n1,2\n", "")).run()
    assert not page.exception
    assert page.button(key="table_write").disabled


def test_a_project_is_exported_as_table_and_zip(graft: Services, project: Project) -> None:
    data, missing = _make(project, COPIES)
    assert missing == 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sum(name.endswith(".jpg") for name in archive.namelist()) == 48
    table = table_in_zip(io.BytesIO(data))
    assert table is not None and table[0] == "labels.csv"
    assert table[1].count(b"\n") == 49
    assert _make(project, CSV)[0].count(b"bright") == 48  # in its name and as its label


def test_a_table_inside_a_zip_is_not_imported_as_a_picture(
    graft: Services, open_page: OpenPage, project: Project
) -> None:
    data, _ = _make(project, COPIES)
    blank = graft.workspace.projects.create("Again")
    page = open_method(open_page, blank, "A table")
    page.file_uploader[1].set_value([("all.zip", data, "application/zip")]).run()
    assert not page.exception
    assert "48 pictures that came along found in the table" in page.success[0].value
    assert not [box.label for box in page.checkbox]  # nothing that the table does not name
    page.button(key="table_write").click().run()
    assert graft.workspace.examples.count(blank.id) == 48
    assert not page.dataframe  # nothing refused


def test_an_error_half_way_is_shown_and_can_be_retried(
    graft: Services, open_page: OpenPage
) -> None:
    blank = graft.workspace.projects.create("Full disk")
    picture = drawn(77, 777)
    sha = hashlib.sha256(picture).hexdigest()
    in_the_way = graft.workspace.pictures.thumbnail(sha)
    in_the_way.mkdir(parents=True)
    try:
        page = open_method(open_page, blank, "A table")
        page.file_uploader[0].set_value(("t.csv", b"file,label\n0.png,owl\n", "text/csv"))
        page.file_uploader[1].set_value([("0.png", picture, "image/png")])
        page.run()
        page.button(key="table_write").click().run()
        assert not page.exception
        assert "cannot be stored" in page.error[0].value
    finally:
        in_the_way.rmdir()
    page.button(key="table_write").click().run()  # the files are still there to be tried again
    assert graft.workspace.examples.count(blank.id) == 1
