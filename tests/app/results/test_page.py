"""The results page: the score beside the baseline, the pictures behind a cell, the mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.frame.services import Services
from pages.parts.results.confusion import _sound
from pages.parts.run.choice import usable_runs
from tests.app.trained import add_run, trained_project
from tlcore.backbones.catalog.curated import BUNDLED_TITLE, DEFAULT_BACKBONE
from tlcore.results.score.predictions import PREDICTIONS_NAME
from tlcore.serving.formats.classifier_folder import readme
from tlcore.serving.formats.web import origin_words
from tlcore.workspace.records import RunState

OpenPage = Callable[..., AppTest]
LABELS = ("red *discs*", "=lime discs")


def drawn(app: AppTest, key: str) -> dict[str, Any] | None:
    """The data of the custom piece whose key ends in `key`; None if it is not on the page."""
    for element in app.get("bidi_component"):
        proto = element.proto
        if f"-{key}" in proto.id or proto.id.endswith(key):
            return json.loads(proto.json)
    return None


def test_the_score_stands_beside_the_baseline(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    app = open_page("results.py", made.project)
    assert not app.exception and not app.error
    verdict = drawn(app, "verdict")
    assert verdict is not None
    assert verdict["words"] == "1 of 2 right"
    assert "test pictures" in verdict["on_what"]
    assert verdict["others"][0]["words"] == (
        "Always answering “red *discs*” would get 1 of 2 right."
    )
    assert verdict["sure"].endswith("probably right between 9 and 91 % of the time.")
    assert verdict["low"] < 0.5 < verdict["high"]
    assert not app.warning
    assert app.query_params["run"] in (made.run.id, [made.run.id])


def test_without_a_test_split_the_page_says_that_the_score_flatters(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace, test=False)
    app = open_page("results.py", made.project)
    verdict = drawn(app, "verdict")
    assert verdict is not None and verdict["words"] == "3 of 4 right"
    assert "validation" in verdict["on_what"]
    assert "flatters" in app.warning[0].value and "at least 10" in app.warning[0].value


def test_a_cell_opens_its_pictures_also_after_a_refresh(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    matrix = drawn(open_page("results.py", made.project), "confusion")
    assert matrix is not None and matrix["open"] is None
    [(row, column)] = [
        (i, j)
        for i, line in enumerate(matrix["counts"])
        for j, number in enumerate(line)
        if number and i != j
    ]
    app = open_page("results.py", made.project, cell=f"{row}-{column}")
    cards = drawn(app, f"cell_{row}_{column}_from_0")
    assert cards is not None and len(cards["cards"]) == 1
    card = cards["cards"][0]
    assert (card["truth"], card["prediction"]) == (LABELS[row], LABELS[column])
    assert card["confidence"] == "90 %"
    assert card["source"].startswith("data:image/")
    assert card["name"].endswith(".png")
    app.button(key="close_cell").click().run()
    assert drawn(app, f"cell_{row}_{column}_from_0") is None


@pytest.mark.parametrize("cell", ["0-9", "x-y", "-1-0", "0", "0-0-0", "²-0"])
def test_a_cell_that_is_not_there_opens_nothing(
    graft: Services, open_page: OpenPage, cell: str
) -> None:
    made = trained_project(graft.workspace)
    app = open_page("results.py", made.project, cell=cell)
    assert not app.exception and not app.error
    matrix = drawn(app, "confusion")
    assert matrix is not None and matrix["open"] is None


@pytest.mark.parametrize("sent", [None, [1], [0, "1"], [0, 2], [-1, 0], "0-1", [0, 1, 0]])
def test_only_a_cell_of_the_table_is_taken_from_the_browser(sent: object) -> None:
    assert _sound(sent, 2) is None
    assert _sound([1, 0], 2) == (1, 0)


def test_the_surest_mistakes_show_both_labels(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    app = open_page("results.py", made.project)
    app.session_state["results_tab"] = "Mistakes"
    cards = drawn(app.run(), "mistakes_from_0")
    assert cards is not None
    [card] = cards["cards"]
    assert card["truth"] != card["prediction"] and card["confidence"] == "90 %"


def test_the_table_counts_each_label(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    table = open_page("results.py", made.project).dataframe[0].value
    assert list(table["Label"]) == list(LABELS)
    assert list(table["Pictures"]) == [1, 1]
    assert sorted(table["Found"]) == [0, 1]
    assert sorted(table["Share found"]) == [0, 100]


def test_the_newest_run_is_shown_and_an_older_one_can_be_chosen(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    newer = add_run(graft.workspace, made.project, LABELS)
    app = open_page("results.py", made.project)
    choice = app.selectbox(key=f"chosen_run_{made.project.id}")
    assert choice.value == newer.id
    first, second = choice.options
    assert first.startswith("Run 2 · 50 % right on test · Quick"), "as the score below it says"
    assert second.startswith("Run 1 · 50 % right on validation · Quick"), "not looked at yet"
    choice.set_value(made.run.id).run()
    assert app.query_params["run"] in (made.run.id, [made.run.id])
    page = open_page("results.py", made.project, run=made.run.id)
    assert page.selectbox(key=f"chosen_run_{made.project.id}").value == made.run.id


def test_a_run_that_another_page_names_is_shown_though_another_was_chosen(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    newer = add_run(graft.workspace, made.project, LABELS)
    app = open_page("results.py", made.project)
    key = f"chosen_run_{made.project.id}"
    assert app.selectbox(key=key).value == newer.id
    app.query_params["run"] = made.run.id
    assert app.run().selectbox(key=key).value == made.run.id
    app.selectbox(key=key).set_value(newer.id).run()
    assert app.run().selectbox(key=key).value == newer.id, "what is chosen here stays"


def test_a_run_that_broke_off_is_scored_when_it_is_looked_at(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace, state=RunState.LOST, scored=False)
    app = open_page("results.py", made.project)
    assert not app.exception and not app.error
    verdict = drawn(app, "verdict")
    assert verdict is not None and verdict["words"].endswith("of 2 right")
    assert any("broke off" in caption.value for caption in app.caption)
    assert (graft.workspace.runs.folder(made.run.id) / PREDICTIONS_NAME).is_file()
    right = int(verdict["words"].split()[0])
    assert graft.workspace.runs.get(made.run.id).summary["test_accuracy"] == right / 2
    assert any(f"{50 * right} % right on test" in caption.value for caption in app.caption)


def test_the_network_has_the_same_name_everywhere(graft: Services) -> None:
    """As its card under Model has it; its own name stands beside it in what is taken away."""
    made = trained_project(graft.workspace)
    [chosen] = usable_runs(made.project)
    backbone = chosen.manifest.backbone.model_copy(update={"name": DEFAULT_BACKBONE})
    manifest = chosen.manifest.model_copy(update={"backbone": backbone})
    assert replace(chosen, manifest=manifest).words.endswith(f"Quick · {BUNDLED_TITLE}")
    for words in (origin_words(manifest), readme(manifest)):
        assert f"{BUNDLED_TITLE} ({DEFAULT_BACKBONE})" in words


def test_changed_labels_are_mentioned(graft: Services, open_page: OpenPage) -> None:
    made = trained_project(graft.workspace)
    question = graft.workspace.labels.question(made.project.id)
    graft.workspace.labels.add(question.id, "blue discs")
    app = open_page("results.py", made.project)
    assert any("labels have changed" in caption.value for caption in app.caption)


def test_without_a_run_there_is_a_way_to_training(graft: Services, open_page: OpenPage) -> None:
    empty = graft.workspace.projects.create("Nothing yet")
    app = open_page("results.py", empty)
    assert not app.exception
    assert "Nothing is trained yet" in app.info[0].value
    assert drawn(app, "verdict") is None


def test_a_damaged_classifier_does_not_hide_a_good_one(
    graft: Services, open_page: OpenPage
) -> None:
    made = trained_project(graft.workspace)
    newer = add_run(graft.workspace, made.project, LABELS)
    manifest = graft.workspace.runs.folder(newer.id) / "classifier" / "manifest.json"
    manifest.write_text("{", encoding="utf-8")
    app = open_page("results.py", made.project)
    assert not app.exception
    assert app.query_params["run"] in (made.run.id, [made.run.id])
