"""The try-it page: answers for uploads, the camera and pictures kept back; the CSV of many."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.frame.services import Services
from pages.parts.run.choice import usable_runs
from pages.parts.try_it.predictions import (
    BatchPredictions,
    PicturePrediction,
    Refusal,
    predict_files,
    predict_stored,
)
from pages.parts.try_it.predictions_view import _table, predictions_csv
from pages.parts.try_it.spreadsheet import csv_bytes, safe_cell
from tests.app.trained import Trained, drawn, trained_project
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.fit.resuming.run_folder import write_examples
from tlcore.workspace.records import Split

OpenPage = Callable[..., AppTest]
LABELS = ["red *discs*", "=lime discs"]


@pytest.fixture
def made(graft: Services) -> Trained:
    """A project with a tiny, real classifier."""
    return trained_project(graft.workspace)


def piece(app: AppTest, key: str) -> dict[str, Any] | None:
    """The data of the custom piece whose key is `key`; None if it is not on the page."""
    for element in app.get("bidi_component"):
        if key in element.proto.id:
            return json.loads(element.proto.json)
    return None


def test_it_says_that_it_must_choose(made: Trained, open_page: OpenPage) -> None:
    app = open_page("try_it.py", made.project)
    assert not app.exception
    [line] = [caption.value for caption in app.caption if "banana" in caption.value]
    assert r"red \*discs\*" in line and r"\=lime discs" in line


def test_one_upload_is_answered_with_bars(made: Trained, open_page: OpenPage) -> None:
    app = open_page("try_it.py", made.project)
    app.file_uploader[0].set_value(("new.png", drawn("red", 11), "image/png")).run()
    assert not app.exception and not app.error
    bars = piece(app, "try_bars")
    assert bars is not None
    assert sorted(row["label"] for row in bars["rows"]) == sorted(LABELS)
    assert sum(row["share"] for row in bars["rows"]) == pytest.approx(1)
    assert bars["rows"][0]["share"] >= bars["rows"][1]["share"]
    assert not app.file_uploader[0].value, "the upload is let go once it is answered for"


def test_the_same_picture_gets_the_same_answer_uploaded_and_stored(
    graft: Services, made: Trained
) -> None:
    [chosen] = usable_runs(made.project)
    example = made.examples[-1]
    original = graft.workspace.pictures.original(example.picture).read_bytes()
    predictions = predict_files(chosen, [("a.png", original)])
    stored = predict_stored(chosen, example.picture, "a.png")
    assert predictions.predicted[0].probabilities == pytest.approx(stored.probabilities, abs=1e-6)


def test_many_questions_in_a_row_leave_the_engine_alone(graft: Services, made: Trained) -> None:
    [chosen] = usable_runs(made.project)
    predict_stored(chosen, made.examples[0].picture, "a.png")
    before = graft.engine.pids
    for example in [*made.examples, *made.examples]:
        predict_stored(chosen, example.picture, "a.png")
    assert graft.engine.pids == before and graft.engine.status().requests in ("ready", "busy")


def test_many_uploads_become_a_table_and_bad_files_are_named(
    made: Trained, open_page: OpenPage
) -> None:
    app = open_page("try_it.py", made.project)
    app.file_uploader[0].set_value(
        [
            ("=1+1.png", drawn("red", 12), "image/png"),
            ("two.png", drawn("lime", 13), "image/png"),
            ("notes.txt", b"no picture", "text/plain"),
            ("empty.jpg", b"", "image/jpeg"),
        ]
    ).run()
    assert not app.exception
    cards = piece(app, "try_cards")
    assert cards is not None and [card["name"] for card in cards["cards"]] == [
        "=1+1.png",
        "two.png",
    ]
    order = [element.type for element in app.main]
    assert order.index("download_button") > order.index("dataframe"), (
        "the tools of a table lie over what stands above it"
    )
    text = " ".join(line.value for line in app.markdown)
    assert r"notes\.txt" in text and r"empty\.jpg" in text
    app.button_group(key="try_view").set_value("Table").run()
    table = app.dataframe[1].value
    assert list(table["File"]) == ["=1+1.png", "two.png"]
    assert set(table["Answer"]) <= set(LABELS)


def test_only_bad_files_are_named_too(made: Trained, open_page: OpenPage) -> None:
    app = open_page("try_it.py", made.project)
    app.file_uploader[0].set_value(("a.txt", b"x", "text/plain")).run()
    assert not app.exception
    assert "1 file could not be read" in [expander.label for expander in app.expander]


def test_the_camera_answers(made: Trained, open_page: OpenPage) -> None:
    app = open_page("try_it.py", made.project)
    app.button_group(key="try_way").set_value("Camera").run()
    note = piece(app, "camera_note")
    assert note is not None and "localhost" in note["insecure"]
    app.camera_input[0].set_value(("shot.jpg", drawn("lime", 3), "image/jpeg")).run()
    assert not app.exception and not app.error
    assert piece(app, "try_camera_bars") is not None


def test_another_picture_is_another_one(made: Trained, open_page: OpenPage) -> None:
    app = open_page("try_it.py", made.project)
    app.button_group(key="try_way").set_value("A picture kept back").run()
    first = app.session_state["try_example"]
    bars = piece(app, "try_kept_bars")
    assert bars is not None and sum(row["right"] for row in bars["rows"]) == 1
    app.button(key="try_another").click().run()
    assert app.session_state["try_example"] != first
    assert not app.exception and not app.error


def test_without_test_pictures_a_validation_picture_is_shown(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace, test=False)
    app = open_page("try_it.py", made.project)
    app.button_group(key="try_way").set_value("A picture kept back").run()
    assert any("validation picture" in caption.value for caption in app.caption)
    assert piece(app, "try_kept_bars") is not None


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "  =", "\u00a0="])
def test_a_cell_that_would_be_a_formula_is_quoted(start: str) -> None:
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"
    [header, row] = csv.reader(
        io.StringIO(csv_bytes(["file"], [[f"{start}1"]]).decode("utf-8-sig"), newline="")
    )
    assert header == ["file"] and row == [f"'{start}1"]


@pytest.mark.parametrize("text", ["plain", "0.5", "a=b", "", "ant, “bee”\nwasp"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    [row] = csv.reader(io.StringIO(csv_bytes([text], []).decode("utf-8-sig"), newline=""))
    assert row == [text]


def test_the_csv_names_answers_and_refusals() -> None:
    predictions = BatchPredictions(
        ("ant", "-bee"),
        (PicturePrediction("@a.jpg", "", (0.25, 0.75)),),
        (Refusal("b.txt", "not a picture"),),
        1.0,
    )
    rows = list(
        csv.reader(io.StringIO(predictions_csv(predictions).decode("utf-8-sig"), newline=""))
    )
    assert rows == [
        ["file", "answer", "sureness", "ant", "'-bee", "refused"],
        ["'@a.jpg", "'-bee", "0.7500", "0.2500", "0.7500", ""],
        ["b.txt", "", "", "", "", "not a picture"],
    ]


def test_below_the_threshold_it_declines() -> None:
    sure, unsure = PicturePrediction("a", "", (0.9, 0.1)), PicturePrediction("b", "", (0.4, 0.6))
    predictions = BatchPredictions(("ant", "bee"), (sure, unsure), (), 0.1, 0.8)
    assert [predictions.label_of(prediction) for prediction in predictions.predicted] == [
        "ant",
        "I don't know",
    ]
    rows = predictions_csv(predictions).decode("utf-8-sig").splitlines()
    assert rows[1].startswith("a,ant,0.9000") and rows[2].startswith("b,I don't know,0.6000")


def test_the_camera_declines_too(made: Trained, open_page: OpenPage) -> None:
    [chosen] = usable_runs(made.project)
    change_manifest(chosen.folder, threshold=1.0)
    app = open_page("try_it.py", made.project)
    assert any("Below 100 % it says “I don't know”" in caption.value for caption in app.caption)
    app.button_group(key="try_way").set_value("Camera").run()
    app.camera_input[0].set_value(("shot.jpg", drawn("lime", 3), "image/jpeg")).run()
    assert any("I don't know" in text.value for text in app.markdown)


def test_what_it_learned_from_was_not_kept_back(
    graft: Services, made: Trained, open_page: OpenPage
) -> None:
    first, other = graft.workspace.examples.list(made.project.id, split=Split.TEST)
    path = graft.workspace.pictures.copy(first.picture)
    then = TrainingSet(
        tuple(LABELS), (TrainingExample(first.id, first.picture, path, 0, Split.TRAIN),)
    )
    write_examples(graft.workspace.runs.folder(made.run.id), then)
    app = open_page("try_it.py", made.project)
    app.button_group(key="try_way").set_value("A picture kept back").run()
    assert app.session_state["try_example"] == other.id
    assert not [button for button in app.button if button.key == "try_another"]


def test_what_helped_to_choose_the_epoch_is_not_called_never_seen(
    graft: Services, made: Trained, open_page: OpenPage
) -> None:
    """Test pictures now, validation pictures when the run began."""
    examples = graft.workspace.examples.list(made.project.id, split=Split.TEST)
    then = TrainingSet(
        tuple(LABELS),
        tuple(
            TrainingExample(
                example.id,
                example.picture,
                graft.workspace.pictures.copy(example.picture),
                0,
                Split.VALIDATION,
            )
            for example in examples
        ),
    )
    write_examples(graft.workspace.runs.folder(made.run.id), then)
    app = open_page("try_it.py", made.project)
    app.button_group(key="try_way").set_value("A picture kept back").run()
    captions = [caption.value for caption in app.caption]
    assert any("helped to choose the epoch" in caption for caption in captions)
    assert not any("never saw this one" in caption for caption in captions)


def test_a_label_may_be_called_like_a_column() -> None:
    predictions = BatchPredictions(
        ("File", "bee"), (PicturePrediction("a.jpg", "", (0.25, 0.75)),), (), 1.0
    )
    [row] = _table(predictions).to_dict("records")
    assert row == {"File": "a.jpg", "Answer": "bee", "p(File)": "25.0 %", "bee": "75.0 %"}
