"""The take-away page: what is offered, and that the zip is made only when it is asked for."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.run_choice import usable_runs
from pages.parts.services import Services
from pages.parts.take_away import file_name, size_words
from tests.app.trained import trained_project
from tlcore.serving.export import classifier_zip

OpenPage = Callable[..., AppTest]


def test_it_offers_the_classifier_and_says_how_to_use_it(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    app = open_page("share.py", made.project)
    assert not app.exception and not app.error
    button = app.get("download_button")[0]
    assert button.label.startswith("Download the classifier (")
    assert "predict.py" in app.code[0].value and len(app.code[0].value.splitlines()) == 3
    assert "python -m tlcore predict classifier" in app.code[1].value
    assert any("Licence of those weights: none" in text.value for text in app.markdown)
    files = list(app.table[0].value["File"])
    assert "predict.py" in files and "learned-….safetensors" in files


def test_the_zip_holds_what_the_page_says(graft: Services) -> None:
    made = trained_project(graft.workspace)
    [chosen] = usable_runs(made.project)
    with zipfile.ZipFile(io.BytesIO(classifier_zip(chosen.folder))) as archive:
        names = {name.removeprefix("classifier/") for name in archive.namelist()}
    kinds = {name.split("-")[0] for name in names}
    assert kinds == {"predict.py", "manifest.json", "README.txt", "frozen", "learned"}


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
