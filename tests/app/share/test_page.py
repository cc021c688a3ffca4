"""The take-away page: formats, many pictures, the link, tokens, and bringing a classifier in."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.parts.frame.services import Services
from pages.parts.run.choice import usable_runs
from pages.parts.share.file_names import file_name, size_words
from pages.parts.share.link_view import _exists, link_server
from tests.app.share.ways import other_way
from tests.app.trained import trained_project
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.serving.export.exported_file import exported_file
from tlcore.serving.formats.classifier_folder import classifier_zip
from tlcore.serving.formats.registry import BY_KEY, FORMATS

OpenPage = Callable[..., AppTest]


def test_it_offers_every_format_and_says_how_to_use_it(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    app = open_page("share.py", made.project)
    assert not app.exception and not app.error
    [download] = app.get("download_button")
    assert download.label.startswith("Download (")
    texts = [markdown.value for markdown in app.markdown]
    for record in FORMATS:
        assert app.button(key=f"make_{record.key}")
        assert any(record.title in text for text in texts)
        assert record.words in texts and record.usage in texts
    assert any("python predict.py" in text.value for text in app.markdown)
    assert any("Licence of those weights: none" in text.value for text in app.markdown)


@pytest.mark.slow
def test_a_format_is_made_checked_and_offered(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    [chosen] = usable_runs(made.project)
    app = open_page("share.py", made.project)
    app.button(key="make_onnx").click().run(timeout=180)
    assert not app.exception and not app.error
    exported = exported_file(chosen.folder.parent, BY_KEY["onnx"])
    assert exported is not None and exported.agreement.passed
    assert exported.agreement.origin == "test pictures"
    assert any("2 of 2 test pictures got the same label" in text.value for text in app.caption)
    labels = [button.label for button in app.get("download_button")]
    assert f"Download ({size_words(exported.bytes)})" in labels
    change_manifest(chosen.folder, threshold=0.9)
    assert exported_file(chosen.folder.parent, BY_KEY["onnx"]) is None, (
        "the file holds another threshold"
    )
    app = open_page("share.py", made.project)
    assert app.button(key="make_onnx")


def test_tokens_are_made_shown_once_and_taken_back(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    app = other_way(open_page, made.project, "For programs")
    app.text_input[0].set_value("*the* gate")
    [button] = [button for button in app.button if button.label == "Make a token"]
    button.click().run()
    assert not app.exception and not app.error
    [token] = graft.workspace.tokens.list(made.run.id)
    [secret] = [block.value for block in app.code if block.value.startswith("graft_")]
    assert token.name == "*the* gate"
    assert graft.workspace.tokens.find(secret) is not None
    assert any(made.run.id in block.value for block in app.code)
    app.button(key=f"revoke_{token.id}").click().run()
    assert not graft.workspace.tokens.list(made.run.id)
    assert not any(block.value.startswith("graft_") for block in app.code)


def test_the_link_is_off_until_it_is_opened(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    app = other_way(open_page, made.project, "A link")
    assert link_server().address is None
    app.button(key="link_open").click().run()
    assert not app.exception and not app.error
    address = link_server().address
    assert address is not None and address in [block.value for block in app.code]
    app.button(key="link_close").click().run()
    assert link_server().address is None and app.button(key="link_open")


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
def test_sizes_are_short(size: int, words: str) -> None:
    assert size_words(size) == words


def test_without_a_run_there_is_a_way_to_training(graft: Services, open_page: OpenPage) -> None:
    app = open_page("share.py", graft.workspace.projects.create("Nothing yet"))
    assert not app.exception and not app.get("download_button")


def test_small_pictures_leave_where_the_visitor_agrees(
    graft: Services, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = trained_project(graft.workspace)
    given: dict[str, Callable[[], bytes]] = {}
    button = st.download_button

    def noted(label: str, data: Any, **more: Any) -> bool:
        given[more["key"]] = data
        return button(label, data, **more)

    monkeypatch.setattr(st, "download_button", noted)

    def pictures() -> list[str]:
        with ThreadPoolExecutor(1) as apart:  # the server makes the file in a thread of its own
            data = apart.submit(given["download_classifier"]).result()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [name for name in archive.namelist() if "/examples/" in name]

    app = open_page("share.py", made.project)
    assert pictures() == []
    app.checkbox(key="with_examples").check().run()
    assert len(pictures()) == 2


def test_a_link_shows_nothing_of_what_was_deleted(graft: Services) -> None:
    made = trained_project(graft.workspace)
    runs, projects = graft.workspace.runs, graft.workspace.projects
    assert _exists(made.run.id) and not _exists("0" * 12)
    runs.delete(made.run.id)
    assert not _exists(made.run.id)
    runs.restore(made.run.id)
    assert _exists(made.run.id)
    projects.delete(made.project.id)
    assert not _exists(made.run.id)


def test_the_onnx_example_turns_pictures_upright(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (40, 20)).save(tmp_path / "photo.jpg", exif=turned)
    seen: list[tuple[int, ...]] = []

    class Session:
        def __init__(self, path: str) -> None:
            pass

        def run(self, names: None, given: dict[str, Any]) -> None:
            seen.append(given["picture"].shape)

        def get_modelmeta(self) -> SimpleNamespace:
            return SimpleNamespace(custom_metadata_map={"graft.labels": "[]"})

    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(InferenceSession=Session))
    monkeypatch.chdir(tmp_path)
    code = BY_KEY["onnx"].usage.partition("```python\n")[2].partition("```")[0]
    exec(code, {})
    assert seen == [(1, 40, 20, 3)]
