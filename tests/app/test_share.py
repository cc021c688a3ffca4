"""The take-away page: formats, many pictures, the link, tokens, and bringing a classifier in."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.bulk_jobs import job_of
from pages.parts.link_view import link_server
from pages.parts.run_choice import usable_runs
from pages.parts.services import Services
from pages.parts.take_away import file_name, size_words
from tests.app.trained import drawn, trained_project
from tlcore.serving.export import classifier_zip
from tlcore.serving.exported import find
from tlcore.serving.formats import FORMATS
from tlcore.training.manifest import change_manifest
from tlcore.workspace.records import Project

OpenPage = Callable[..., AppTest]


def test_it_offers_every_format_and_says_how_to_use_it(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    app = open_page("share.py", made.project)
    assert not app.exception and not app.error
    [download] = app.get("download_button")
    assert download.label.startswith("Download the classifier (")
    for one in FORMATS:
        assert app.button(key=f"make_{one.key}")
        assert any(one.title in text.value for text in app.markdown)
    assert any("python predict.py" in text.value for text in app.markdown)
    assert any("Licence of those weights: none" in text.value for text in app.markdown)


def test_a_format_is_made_checked_and_offered(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    [chosen] = usable_runs(made.project)
    app = open_page("share.py", made.project)
    app.button(key="make_onnx").click().run(timeout=180)
    assert not app.exception and not app.error
    found = find(chosen.folder.parent, "onnx")
    assert found is not None and found.check.passed and found.check.origin == "test pictures"
    assert any("2 of 2 test pictures got the same label" in text.value for text in app.caption)
    labels = [button.label for button in app.get("download_button")]
    assert f"Download ({size_words(found.bytes)})" in labels
    change_manifest(chosen.folder, threshold=0.9)
    assert find(chosen.folder.parent, "onnx") is None, "the file holds another threshold"
    app = open_page("share.py", made.project)
    assert app.button(key="make_onnx")


def other_way(open_page: OpenPage, project: Project, way: str) -> AppTest:
    app = open_page("share.py", project)
    return app.segmented_control(key="share_way").set_value(way).run()


def test_tokens_are_made_shown_once_and_taken_back(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    app = other_way(open_page, made.project, "For programs")
    app.text_input[0].set_value("*the* gate")
    [button] = [one for one in app.button if one.label == "Make a token"]
    button.click().run()
    assert not app.exception and not app.error
    [token] = graft.workspace.tokens.list(made.run.id)
    [secret] = [one.value for one in app.code if one.value.startswith("graft_")]
    assert token.name == "*the* gate"
    assert graft.workspace.tokens.find(secret) is not None
    assert any(made.run.id in one.value for one in app.code)
    app.button(key=f"revoke_{token.id}").click().run()
    assert not graft.workspace.tokens.list(made.run.id)
    assert not any(one.value.startswith("graft_") for one in app.code)


def test_the_link_is_off_until_it_is_opened(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    app = other_way(open_page, made.project, "A link")
    assert link_server().address is None
    app.button(key="link_open").click().run()
    assert not app.exception and not app.error
    address = link_server().address
    assert address is not None and address in [one.value for one in app.code]
    app.button(key="link_close").click().run()
    assert link_server().address is None and app.button(key="link_open")


def test_a_folder_is_asked_about_in_the_background(
    graft: Services, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.gate.bound_to_loopback", lambda: True)
    made = trained_project(graft.workspace)
    for number in range(5):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.png").write_bytes(drawn("red", number))
    app = other_way(open_page, made.project, "Many pictures")
    app.text_input(key="bulk_folder").set_value(str(tmp_path / "in"))
    app.text_input(key="bulk_sort").set_value(str(tmp_path / "sorted"))
    [button] = [one for one in app.button if one.label == "Start"]
    button.click().run()
    [chosen] = usable_runs(made.project)
    deadline = time.monotonic() + 60
    while not (job := job_of(chosen)) or not job.over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    app = other_way(open_page, made.project, "Many pictures")
    assert not app.exception and not app.error
    assert any("5 pictures" in text.value for text in app.markdown)
    assert len(list((tmp_path / "sorted").rglob("*.png"))) == 5
    with (chosen.folder.parent / "bulk" / "answers.csv").open(encoding="utf-8-sig") as file:
        assert len(file.readlines()) == 6


def test_a_classifier_is_brought_in_where_nothing_is_trained(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    [chosen] = usable_runs(made.project)
    empty = graft.workspace.projects.create("Nothing here")
    app = open_page("share.py", empty)
    app.file_uploader[0].set_value(("c.zip", classifier_zip(chosen.folder), "application/zip"))
    app.run(timeout=120)
    assert not app.exception and not app.error
    [run] = usable_runs(empty)
    assert run.labels == chosen.labels and run.run.function == "import"
    assert "From elsewhere" in run.words
    for page in ("try_it.py", "train.py"):
        app = open_page(page, empty, run=run.run.id)
        assert not app.exception and not app.error, page


def test_the_zip_holds_what_the_page_says(graft: Services) -> None:
    made = trained_project(graft.workspace)
    [chosen] = usable_runs(made.project)
    with zipfile.ZipFile(io.BytesIO(classifier_zip(chosen.folder))) as archive:
        names = {name.removeprefix("classifier/") for name in archive.namelist()}
    kinds = {name.split("-")[0] for name in names}
    assert kinds == {
        "predict.py", "requirements.txt", "manifest.json", "README.txt", "frozen", "learned"
    }  # fmt: skip


def test_opening_the_page_does_not_read_the_weights(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    [chosen] = usable_runs(made.project)
    for file in chosen.manifest.weights:
        (chosen.folder / file.name).unlink()
    app = open_page("share.py", made.project)
    assert not app.exception and not app.error


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Ants & bees", "ants-bees"),
        ("../../etc", "etc"),
        ("蚂蚁", "classifier"),
        ('a"b\\c', "a-b-c"),
    ],
)
def test_the_file_name_is_plain_whatever_the_project_is_called(name: str, stem: str) -> None:
    assert file_name(name, 7) == f"{stem}-run-7.zip"


@pytest.mark.parametrize(
    ("size", "words"), [(12, "1 kB"), (480_200, "480 kB"), (950_000, "1 MB"), (19.7e6, "20 MB")]
)
def test_sizes_are_said_shortly(size: int, words: str) -> None:
    assert size_words(size) == words


def test_without_a_run_there_is_a_way_to_training(graft: Services, open_page: OpenPage) -> None:
    app = open_page("share.py", graft.workspace.projects.create("Nothing yet"))
    assert not app.exception and not app.get("download_button")
