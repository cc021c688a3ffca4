"""Races on the train page: set up, run to a verdict, listed, and laid over each other."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.draft.draft import draft_recipe, keep_recipe, with_settings
from pages.parts.draft.start import start_afresh, start_from
from pages.parts.frame.services import Services
from pages.parts.run.curves import Curves, OtherRun
from pages.parts.train.race_form import start_race
from pages.parts.train.race_state import state_of, verdict_of
from pages.parts.train.race_view import curves_of
from pages.parts.train.run_list import entries_of
from tests.app.conftest import OpenPage
from tests.app.trained import trained_project, write_classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.results.compare.runs import seconds_of
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.predictions import PREDICTIONS_NAME, Predictions, write_predictions
from tlcore.training.recipe.lanes import Lane
from tlcore.training.recipe.race import Race, new_race_id, race_payload, races
from tlcore.workspace.records import Project, Run, RunState

PICTURES = 40
RACE_TAB = ":material/flag: A race"


def add_run(
    graft: Services, project: Project, lane: str, race: str, right: int | None, **changes: Any
) -> Run:
    """A finished run of a race that got so many of the test pictures right, or was not scored."""
    runs = graft.workspace.runs
    recipe = draft_recipe(project, 30).with_changes(preset="custom", **changes)
    run = runs.create(project.id, "tests:none", recipe.to_json(), race_payload(race, "own", lane))
    runs.start(run.id)
    if right is not None:
        examples = [
            Prediction(n, f"p{n}", "test", 0, (0.9, 0.1) if n < right else (0.1, 0.9))
            for n in range(PICTURES)
        ]
        predictions = Predictions(("dark", "bright"), 0, tuple(examples))
        write_predictions(runs.folder(run.id) / PREDICTIONS_NAME, predictions)
    state = RunState.FAILED if right is None else RunState.FINISHED
    return runs.finish(run.id, state, summary={"test_accuracy": (right or 0) / PICTURES})


def race_form(open_page: OpenPage, project: Project) -> AppTest:
    """The settings with the tab for races open."""
    page = open_page("train.py", project, run="new")
    page.session_state["train_tabs"] = RACE_TAB
    return page.run()


def race_of(graft: Services, project: Project) -> Race:
    return races(graft.workspace.runs.list(project.id))[0]


def test_a_race_from_the_click_to_the_verdict(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    keep_recipe(project, with_settings(draft_recipe(project, 30), 30, epochs=4))
    page = race_form(open_page, project)
    page.radio(key="race_kind").set_value("own").run()
    page.multiselect(key="race_own").set_value(["Your settings", "Half the epochs"]).run()
    assert not page.exception
    page.button(key="start_race").click().run()
    assert not page.exception
    race = race_of(graft, project)
    assert page.query_params["race"] == race.id
    assert page.title[0].value == "Which does better?"
    for run in race.runs:
        assert graft.engine.wait(run.id, timeout=120).state is RunState.FINISHED
    page.run()
    assert not page.exception
    notices = [box.value for box in (*page.success, *page.info)]
    assert any("ahead" in words or "too close to call" in words for words in notices)
    assert [run.recipe["epochs"] for run in race.runs] == [4, 2]
    assert "Epochs at most" in page.table[0].value.index
    results = open_page("results.py", project)
    assert not results.exception
    offered = results.selectbox(key=f"chosen_run_{project.id}").options
    assert [words.split(" · ")[2] for words in offered] == ["Half the epochs", "Your settings"]
    page.button(key="open_winner").click().run()
    assert page.title[0].value == "How is it learning?"
    assert "race" not in page.query_params


def test_a_race_needs_two_settings(open_page: OpenPage, project: Project, graft: Services) -> None:
    page = race_form(open_page, project)
    page.radio(key="race_kind").set_value("own").run()
    page.button(key="start_race").click().run()
    assert "A race needs 2 to 4 settings" in page.error[0].value
    assert graft.workspace.runs.list(project.id) == []


def test_the_verdict_names_the_better_one_and_the_spread(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    race_id = new_race_id()
    for right in (38, 36):
        add_run(graft, project, "Transfer", race_id, right)
        add_run(graft, project, "From scratch", race_id, right - 18, learning="all")
    page = open_page("train.py", project, race=race_id)
    assert not page.exception
    assert "“Transfer” is ahead: 92 % right" in page.success[0].value.replace("\\", "")
    assert "“Transfer” 90 % to 95 %" in page.success[0].value.replace("\\", "")
    race = race_of(graft, project)
    assert state_of(race) is RunState.FINISHED
    judged = verdict_of(race)
    assert judged is not None and judged[1] == "test"
    page.button(key="use_winner").click().run()
    stored = graft.workspace.projects.get(project.id).choices["recipe"]
    assert stored["learning"] == "head"
    assert page.button(key="next_step").label == "Next: Results"


def test_a_race_without_scores_has_no_verdict_and_says_what_broke(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    race = new_race_id()
    add_run(graft, project, "Frozen", race, 30)
    add_run(graft, project, "Fine-tuned", race, None)
    page = open_page("train.py", project, race=race)
    assert not page.exception
    assert "broke off" in page.error[0].value
    assert "There is no verdict" in page.info[0].value


def test_a_race_is_one_entry_of_the_list_and_deleted_as_one(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    race = new_race_id()
    for lane, right in (("Frozen", 30), ("Fine-tuned", 31)):
        add_run(graft, project, lane, race, right)
    alone = graft.workspace.runs.create(project.id, "tests:none", {}, {})
    graft.workspace.runs.finish(alone.id, RunState.STOPPED)
    rows = entries_of(graft.workspace.runs.list(project.id))
    assert [type(row) for row in rows] == [Run, Race]
    page = open_page("train.py", project)
    page.button(key=f"open_{race}").click().run()
    assert page.title[0].value == "Which does better?"
    page.button(key=f"delete_{race}").click().run()
    assert not page.exception
    assert [run.id for run in graft.workspace.runs.list(project.id)] == [alone.id]
    assert "race" not in page.query_params


def test_other_runs_are_compared_with_the_open_one(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    race = new_race_id()
    first = add_run(graft, project, "Frozen", race, 30)
    second = add_run(graft, project, "Dropped", race, 31, dropout=0.5)
    page = open_page("train.py", project, run=second.id)
    page.multiselect(key=f"compare_{second.id}").set_value([first.id]).run()
    assert not page.exception
    table = page.table[0].value
    assert list(table.index) == ["Dropout", "Right on test", "Time"]
    assert table.loc["Dropout"].tolist() == ["0\\.5", "0\\.2"]
    assert table.loc["Right on test"].tolist() == ["78 %", "75 %"]


def test_lanes_have_their_own_colours_and_repeats_share_one(
    project: Project, graft: Services
) -> None:
    race = new_race_id()
    for lane in ("a", "b", "a", "b"):
        add_run(graft, project, lane, race, 30)
    curves = curves_of(race_of(graft, project), 2)
    assert isinstance(curves, Curves) and curves.guess == pytest.approx(0.5)
    assert [(line.name, line.tone) for line in curves.others if isinstance(line, OtherRun)] == [
        ("a", 0), ("a", 0), ("b", 1), ("b", 1),
    ]  # fmt: skip


def test_a_race_says_that_it_does_not_begin_with_the_chosen_classifier(
    open_page: OpenPage, graft: Services
) -> None:
    made = trained_project(graft.workspace, labels=("red", "lime"))
    start_from(made.project, made.run)
    words = "not with the classifier of run 1"
    assert any(words in caption.value for caption in race_form(open_page, made.project).caption)
    start_afresh(made.project)
    assert not any(words in caption.value for caption in race_form(open_page, made.project).caption)


def test_a_second_click_does_not_start_a_second_race(project: Project, graft: Services) -> None:
    draft = draft_recipe(project, 30)
    order = [Lane("a", draft), Lane("b", draft.with_changes(preset="custom", dropout=0.5))]
    first = start_race(project, "own", order)
    try:
        assert start_race(project, "own", order) == first
        assert len(graft.workspace.runs.list(project.id)) == 2
        assert start_race(project, "own", order[::-1]) != first, "another race is another"
    finally:
        for run in graft.workspace.runs.list(project.id):
            graft.engine.stop(run.id)


def test_the_way_on_leads_to_the_run_that_did_best(open_page: OpenPage, graft: Services) -> None:
    made = trained_project(graft.workspace, labels=("red", "lime"))
    race, best = new_race_id(), made.run
    for lane, right in (("Transfer", 38), ("From scratch", 12)):
        run = add_run(graft, made.project, lane, race, right)
        write_classifier(graft.workspace.runs.folder(run.id) / CLASSIFIER_FOLDER, ("red", "lime"))
        best = run if lane == "Transfer" else best
    page = open_page("train.py", made.project, race=race)
    page.button(key="next_step").click().run()
    assert not page.exception
    assert page.query_params["run"] in (best.id, [best.id])


def test_a_race_that_was_stopped_early_leads_to_what_there_is(
    open_page: OpenPage, graft: Services
) -> None:
    made = trained_project(graft.workspace, labels=("red", "lime"))
    race = new_race_id()
    only = add_run(graft, made.project, "Transfer", race, 38)
    write_classifier(graft.workspace.runs.folder(only.id) / CLASSIFIER_FOLDER, ("red", "lime"))
    add_run(graft, made.project, "From scratch", race, None)
    page = open_page("train.py", made.project, race=race)
    assert "There is no verdict" in page.info[0].value
    assert page.button(key="next_step").label == "Next: Results"


def test_what_a_broken_run_took_is_not_the_time_of_its_setting(
    project: Project, graft: Services
) -> None:
    race = new_race_id()
    for lane, right in (("a", 30), ("b", 30), ("a", None), ("b", 31)):
        add_run(graft, project, lane, race, right)
    judged = verdict_of(race_of(graft, project))
    assert judged is not None
    took = {standing.name: standing.seconds for standing in judged[0].standings}
    first = graft.workspace.runs.list(project.id)[-1]
    assert took["a"] == seconds_of(first)
