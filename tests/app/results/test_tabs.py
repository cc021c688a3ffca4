"""The tabs of the results page: what is derived, done and kept behind each of them."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.frame.services import Services
from pages.parts.results.confidence import calibration_words, declining_words, temperature_words
from tests.app.trained import Trained, add_run, made_up, trained_project, write_classifier
from tests.changes import change
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.results.compare.runs import differences
from tlcore.results.score.predictions import PREDICTIONS_NAME, write_predictions
from tlcore.serving.classifier_import import import_classifier
from tlcore.serving.formats.classifier_folder import classifier_zip
from tlcore.workspace.examples.changes import Delete
from tlcore.workspace.records import RunState, Split

OpenPage = Callable[..., AppTest]
LABELS = ("red *discs*", "=lime discs")
PATIENCE = 90.0  # seconds; the engine may be waking


def drawn(app: AppTest, key: str) -> dict[str, Any] | None:
    """The data of the custom piece whose key ends in `key`; None if it is not on the page."""
    for element in app.get("bidi_component"):
        if element.proto.id.endswith(key) or f"-{key}" in element.proto.id:
            data: dict[str, Any] = json.loads(element.proto.json)
            return data
    return None


def until(app: AppTest, seen: Callable[[AppTest], bool]) -> AppTest:
    """Look again and again, as the page does by itself, until something is to be seen."""
    deadline = time.monotonic() + PATIENCE
    while not seen(app):
        assert time.monotonic() < deadline, [
            element.value for element in (*app.error, *app.markdown)
        ]
        assert not app.exception
        time.sleep(0.2)
        app.run()
    return app


def derived(app: AppTest) -> bool:
    verdict = drawn(app, "verdict")
    return verdict is not None and len(verdict["others"]) > 1


def opened(open_page: OpenPage, made: Trained, tab: str) -> AppTest:
    app = open_page("results.py", made.project)
    app.session_state["results_tab"] = tab
    return until(app.run(), derived)


@pytest.fixture(scope="module")
def made(graft: Services) -> Trained:
    return trained_project(graft.workspace)


def texts(app: AppTest) -> str:
    return " ".join(
        element.value for element in (*app.markdown, *app.caption, *app.success, *app.info)
    )


def test_simple_machines_come_to_stand_beside_the_score(made: Trained, open_page: OpenPage) -> None:
    app = opened(open_page, made, "By label")
    verdict = drawn(app, "verdict")
    assert verdict is not None
    words = [other["words"] for other in verdict["others"]]
    assert len(words) == 4 and "instant classifier" in words[2]
    assert "The one picture of" in texts(app)
    assert not app.error


def test_a_mistake_is_looked_into_and_put_right_with_undo(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    app = opened(open_page, made, "Mistakes")
    app.session_state["mistakes_way"] = "One by one"
    app.run()
    wrong = next(example for example in made.examples if drawn(app, f"mistake_{example.id}_heat"))
    heat = drawn(app, f"mistake_{wrong.id}_heat")
    assert heat is not None and len(heat["heat"]) == 32
    assert heat["picture"].startswith("data:image/jpeg")
    near = drawn(app, f"near_{wrong.id}")
    assert near is not None and near["cards"][0]["confidence"].endswith(" %")
    question = graft.workspace.labels.question(made.project.id)
    before = graft.workspace.examples.get(wrong.id)
    picker = app.selectbox(key=f"relabel_{wrong.id}")
    picker.set_value(picker.options[0]).run()
    app.button(key=f"do_label_{wrong.id}").click().run()
    after = graft.workspace.examples.get(wrong.id)
    assert after.answers[question.id] != before.answers[question.id]
    assert "Since it was scored, its label is now" in texts(app)
    app.button(key=f"do_train_{wrong.id}").click().run()
    assert graft.workspace.examples.get(wrong.id).split is Split.TRAIN
    app.button(key=f"do_drop_{wrong.id}").click().run()
    assert graft.workspace.examples.get(wrong.id).deleted is not None
    for _ in range(3):
        app.button(key="undo_back").click().run()
    again = graft.workspace.examples.get(wrong.id)
    assert (again.answers, again.split, again.deleted) == (before.answers, before.split, None)


def test_the_threshold_is_stored_in_the_classifier(
    graft: Services, made: Trained, open_page: OpenPage
) -> None:
    app = opened(open_page, made, "Confidence")
    assert "Expected calibration error" in texts(app)
    slider = next(
        slider for slider in app.slider if slider.key and slider.key.startswith("threshold_")
    )
    slider.set_value(95).run()
    assert "It would have declined all 2 pictures." in texts(app)
    app.button(key="keep_threshold").click().run()
    folder = graft.workspace.runs.folder(made.run.id) / CLASSIFIER_FOLDER
    assert read_manifest(folder).threshold == 0.95
    assert "It declines below 95 %" in texts(app)
    app.selectbox(key="strangers_of").set_value("sample:leaves").run()
    app.button(key="show_strangers").click().run()
    until(app, lambda page: bool(page.error))
    assert "too few pictures" in app.error[0].value


def test_the_detective_and_the_heat(made: Trained, open_page: OpenPage) -> None:
    app = opened(open_page, made, "What it looks at")
    assert drawn(app, "looks_heat") is not None
    [heat] = [
        selectbox for selectbox in app.selectbox if selectbox.label == "Heat for which label?"
    ]
    assert {label.partition(" (")[0] for label in heat.options} == set(LABELS), "shown as they are"
    app.button(key="start_detective").click().run()
    until(app, lambda page: bool(page.success))
    assert "too few pictures" in app.success[0].value
    shares = drawn(app, "detective")
    assert shares is not None and shares["rows"][0]["label"] == "Whole pictures"


def test_the_stress_test_and_the_map_run_in_the_background(
    made: Trained, open_page: OpenPage
) -> None:
    app = opened(open_page, made, "Stress test")
    app.button(key="start_stress").click().run()
    until(app, lambda page: bool(page.get("plotly_chart")))
    assert "The dotted line is the score" in texts(app)
    app.session_state["results_tab"] = "Before and after"
    app.run()
    assert list(app.dataframe[0].value["What"])[-1] == "This run"
    assert "Against the instant classifier" in texts(app)
    app.button(key="start_map").click().run()
    until(app, lambda page: bool(page.error))
    assert "too few pictures for a map" in app.error[0].value


def test_two_runs_are_compared_picture_by_picture(
    graft: Services, made: Trained, open_page: OpenPage
) -> None:
    app = opened(open_page, made, "Compare runs")
    assert "There is one run so far" in texts(app)
    add_run(graft.workspace, made.project, LABELS)
    app = opened(open_page, made, "Compare runs")
    words = texts(app)
    assert "Both are right equally often" in words
    assert "Nothing: both ran with the same settings." in words
    assert "They give the same answer on every picture." in words


def test_the_report_is_made_and_can_be_downloaded(made: Trained, open_page: OpenPage) -> None:
    app = opened(open_page, made, "Report")
    app.button(key="make_report").click().run()
    until(app, lambda page: len(page.get("download_button")) == 2)
    assert not app.error


def test_the_same_training_from_nothing_stands_beside_it(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    recipe = {**made.run.recipe, "pretrained": False}
    run = graft.workspace.runs.create(made.project.id, "none:none", recipe, {})
    graft.workspace.runs.start(run.id)
    folder = graft.workspace.runs.folder(run.id)
    write_classifier(folder / CLASSIFIER_FOLDER, LABELS)
    predictions = made_up(graft.workspace, made.project, LABELS)
    write_predictions(folder / PREDICTIONS_NAME, predictions)
    graft.workspace.runs.finish(run.id, RunState.FINISHED, summary={})
    for run_id, words in (
        (made.run.id, "The same network from random weights (run 2): 1 of 2 right."),
        (run.id, "This run itself began from random weights: nothing was borrowed."),
    ):
        verdict = drawn(open_page("results.py", made.project, run=run_id), "verdict")
        assert verdict is not None and verdict["scratch"] == words


def test_settings_that_differ_are_named() -> None:
    first = {"epochs": 3, "flips": False, "preset": "quick", "head_rate": 0.001}
    second = {"epochs": 3, "flips": True, "preset": "custom", "views": 4}
    assert {row.name: row.values for row in differences([first, second])} == {
        "Mirrored": ("no", "yes"),
        "Learning rate of the head": ("0.001", "–"),
        "Views of each picture": ("–", "4"),
    }


def test_confidence_in_words() -> None:
    assert temperature_words(1.0).endswith("as they came")
    assert temperature_words(1.3) == "temperature 1.30, fitted on validation pictures"
    assert calibration_words({"ece": 0.02}, 500).startswith("Yes.")
    assert "Roughly" in calibration_words({"ece": 0.1}, 500)
    assert "rough figure" in calibration_words({"ece": 0.4}, 50)
    plain = {"threshold": 0.0, "answered": 1.0, "accuracy": 0.8}
    curve = [plain] * 90 + [{"threshold": 0.9, "answered": 0.5, "accuracy": 1.0}] * 11
    assert declining_words(curve, 95, 10) == (
        "It would have answered 5 of 10, 5 of them rightly (100 %). Of the 5 it declines, 2 would "
        "have been mistakes."
    )


def test_runs_without_a_common_picture_do_not_agree(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    other = add_run(graft.workspace, made.project, LABELS)
    predictions = made_up(graft.workspace, made.project, LABELS)
    only = replace(predictions, examples=tuple(predictions.of("validation")))
    write_predictions(graft.workspace.runs.folder(other.id) / PREDICTIONS_NAME, only)
    app = open_page("results.py", made.project, run=made.run.id)
    app.session_state["results_tab"] = "Compare runs"
    words = texts(app.run())
    assert "They have no scored picture in common." in words
    assert "the same answer on every picture" not in words


def test_answers_about_strangers_are_of_just_these_pictures(
    graft: Services, made: Trained, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []
    monkeypatch.setattr(
        "pages.parts.results.out_of_distribution.work_of", lambda key: keys.append(key)
    )
    other = trained_project(graft.workspace)
    graft.workspace.projects.rename(other.project.id, "Something else")
    app = opened(open_page, made, "Confidence")
    app.selectbox(key="strangers_of").set_value(f"project:{other.project.id}").run()
    before = keys[-1]
    assert other.project.id in before and keys[-1] == before
    change(graft.workspace, Delete([other.examples[0].id]))
    app.run()
    assert other.project.id in keys[-1] and keys[-1] != before


def test_from_nothing_counts_only_on_the_same_pictures(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    recipe = {**made.run.recipe, "pretrained": False}
    run = graft.workspace.runs.create(made.project.id, "none:none", recipe, {})
    graft.workspace.runs.start(run.id)
    folder = graft.workspace.runs.folder(run.id)
    write_classifier(folder / CLASSIFIER_FOLDER, LABELS)
    predictions = made_up(graft.workspace, made.project, LABELS)
    others = tuple(replace(example, picture="0" * 64) for example in predictions.examples)
    write_predictions(folder / PREDICTIONS_NAME, replace(predictions, examples=others))
    graft.workspace.runs.finish(run.id, RunState.FINISHED, summary={})
    verdict = drawn(open_page("results.py", made.project, run=made.run.id), "verdict")
    assert verdict is not None and verdict["scratch"] is None


def test_of_a_classifier_from_elsewhere_nobody_knows_what_it_has_seen(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    folder = graft.workspace.runs.folder(made.run.id) / CLASSIFIER_FOLDER
    packed = io.BytesIO(classifier_zip(folder))
    brought = import_classifier(graft.workspace, made.project.id, packed, read_manifest)
    page = until(open_page("results.py", made.project, run=brought.id), derived)
    verdict = drawn(page, "verdict")
    assert verdict is not None and "elsewhere is not known" in verdict["on_what"]
    assert not page.error, "whatever its recipe says, or does not"
    app = open_page("try_it.py", made.project, run=brought.id)
    app.button_group(key="try_way").set_value("A picture kept back").run()
    assert any("elsewhere is not known" in caption.value for caption in app.caption)
