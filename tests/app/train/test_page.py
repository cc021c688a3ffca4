"""The train page: what it gathers from events, and a whole run from click to score."""

from __future__ import annotations

from typing import Any

from pages.parts.draft.draft import draft_recipe, keep_recipe
from pages.parts.frame.services import Services
from pages.parts.train.recipe_form import recipe_words
from tests.app.conftest import OpenPage
from tlcore.training.recipe.lanes import from_scratch
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project, RunState


def test_without_pictures_the_page_says_what_is_missing(
    open_page: OpenPage, graft: Services
) -> None:
    empty = graft.workspace.projects.create("Nothing yet")
    page = open_page("train.py", empty)
    assert not page.exception
    assert "at least two labels" in page.info[0].value
    assert "train" not in {button.key for button in page.button}


def test_settings_are_kept_in_the_project(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    page = open_page("train.py", project)
    assert not page.exception
    assert page.radio[0].value == "quick"
    page.radio[0].set_value("balanced").run()
    assert recipe_of(graft, project)["preset"] == "balanced"
    page.number_input(key=f"recipe_seed_{project.id}").set_value(7).run()
    assert not page.exception
    assert page.radio[0].value == "custom"
    assert recipe_of(graft, project)["seed"] == 7
    assert recipe_of(graft, project)["learning"] == "last"
    page.number_input(key=f"recipe_seed_{project.id}").set_value(0).run()
    assert page.radio[0].value == "balanced"


def test_from_the_click_to_the_score(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    page = open_page("train.py", project)
    page.button(key="train").click().run()
    assert not page.exception
    run = graft.workspace.runs.list(project.id)[0]
    assert page.query_params["run"] == run.id
    assert page.title[0].value == "How is it learning?"
    assert graft.engine.wait(run.id, timeout=120).state is RunState.FINISHED
    page.run()
    assert not page.exception
    assert "right" in page.success[0].value
    assert page.metric[1].value.endswith(" %")
    assert page.button(key="next_step").label == "Next: Results"
    page.button(key="train_again").click().run()
    assert page.title[0].value == "Ready to train?"
    page.button(key="back_to_run").click().run()
    assert page.query_params["run"] == run.id


def test_a_run_that_broke_off_says_so(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    runs = graft.workspace.runs
    lost = runs.create(project.id, "tests:none", recipe_now(project), {})
    runs.finish(lost.id, RunState.LOST, error="The worker was killed.", remedy="Start it again.")
    page = open_page("train.py", project, run=lost.id)
    assert not page.exception
    assert "The worker was killed" in page.error[0].value
    assert "Start it again" in page.error[0].value


def test_a_run_can_be_deleted_and_brought_back(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    runs = graft.workspace.runs
    first, second = (
        runs.create(project.id, "tests:none", recipe_now(project), {}) for _ in range(2)
    )
    for run in (first, second):
        runs.finish(run.id, RunState.FAILED, error="It went wrong.", remedy="Try again.")
    page = open_page("train.py", project)
    assert page.query_params["run"] == second.id
    page.button(key=f"delete_{second.id}").click().run()
    assert [run.id for run in runs.list(project.id)] == [first.id]
    assert page.query_params["run"] == first.id
    page.button(key=f"restore_{second.id}").click().run()
    assert [run.id for run in runs.list(project.id)] == [second.id, first.id]


def test_no_run_is_out_of_reach_however_many_there_are(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    runs = graft.workspace.runs
    many = [runs.create(project.id, "tests:none", recipe_now(project), {}) for _ in range(45)]
    for run in many:
        runs.finish(run.id, RunState.STOPPED)
    for run in many[:22]:
        runs.delete(run.id)
    page = open_page("train.py", project)
    for key, wanted in (("all_runs", f"delete_{many[22].id}"),
                        ("all_deleted_runs", f"restore_{many[0].id}")):  # fmt: skip
        assert wanted not in {button.key for button in page.button}
        page.button(key=f"{key}_{project.id}").click().run()
        assert not page.exception
        assert wanted in {button.key for button in page.button}


def recipe_now(project: Project) -> dict[str, Any]:
    return draft_recipe(project, 30).to_json()


def recipe_of(graft: Services, project: Project) -> dict[str, Any]:
    choices: dict[str, Any] = graft.workspace.projects.get(project.id).choices
    recipe: dict[str, Any] = choices["recipe"]
    return recipe


def test_changes_of_pictures_are_named_and_mirroring_asks() -> None:
    assert "shown" not in recipe_words(preset("quick", "x", 100))
    balanced = recipe_words(preset("balanced", "x", 100))
    assert "shown mirrored and nearer." in balanced and "letters" in balanced
    turned = Recipe(backbone="x", turn=10, brightness=0.2, mixup=0.2)
    assert "shown turned, lighter or darker and blended." in recipe_words(turned)
    assert "letters" not in recipe_words(turned)


def test_a_head_on_random_numbers_is_called_of_little_use() -> None:
    quick = preset("quick", "x", 100).with_changes(preset="custom", pretrained=False)
    assert "can do little" in recipe_words(quick)
    everything = recipe_words(from_scratch(quick))
    assert "From scratch" in everything and "can do little" not in everything


def test_settings_from_elsewhere_that_nobody_could_enter_here_are_shown(
    open_page: OpenPage, project: Project
) -> None:
    long = draft_recipe(project, 30).with_changes(
        preset="custom", epochs=800, patience=200, dropout=0.95
    )
    keep_recipe(project, long)
    page = open_page("train.py", project)
    assert not page.exception and not page.error
    assert page.number_input(key=f"recipe_epochs_{project.id}").value == 800
    layers = open_page("layers.py", project)
    layers.session_state["drawer_brakes"] = True
    layers.run()
    assert not layers.exception and not layers.error
    assert layers.slider(key=f"recipe_dropout_{project.id}").value == 0.95
