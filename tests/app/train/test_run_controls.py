"""What can be done with a run on the train page: pause, go on, stop, train on, start from it."""

from __future__ import annotations

import time

import pytest

from pages.parts.draft.draft import draft_recipe, keep_recipe, with_settings
from pages.parts.draft.start import chosen_start, is_resumable
from pages.parts.frame.services import Services
from tests.app.conftest import OpenPage
from tests.app.trained import add_run, trained_project
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.jobs.local import EngineStatus
from tlcore.training.fit.resuming.run_folder import CHECKPOINT_NAME
from tlcore.workspace.records import Project, Run, RunState

PATIENCE = 120  # seconds


def wait_for(graft: Services, run: Run, state: RunState) -> None:
    """Wait until a run is in this state."""
    deadline = time.monotonic() + PATIENCE
    while (now := graft.workspace.runs.get(run.id).state) is not state:
        assert not now.over and time.monotonic() < deadline, now
        time.sleep(0.05)


def test_a_run_is_paused_goes_on_and_is_the_same_run(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    recipe = draft_recipe(project, 30)
    keep_recipe(project, with_settings(recipe, 30, epochs=300, patience=0))
    page = open_page("train.py", project)
    page.button(key="train").click().run()
    [run] = graft.workspace.runs.list(project.id)
    wait_for(graft, run, RunState.RUNNING)
    page.run()
    page.button(key="pause_run").click().run()
    assert not page.exception
    wait_for(graft, run, RunState.PAUSED)
    before = [event for event in graft.workspace.runs.events(run.id) if event.kind == "epoch"]
    page.run()
    assert {"resume_run", "stop_run"} <= {button.key for button in page.button}
    page.button(key="resume_run").click().run()
    assert not page.exception
    wait_for(graft, run, RunState.RUNNING)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        epochs = [event for event in graft.workspace.runs.events(run.id) if event.kind == "epoch"]
        if len(epochs) > len(before) + 1:
            break
        time.sleep(0.05)
    page.run()
    page.button(key="stop_run").click().run()
    assert graft.engine.wait(run.id, timeout=PATIENCE).state is RunState.STOPPED
    numbers = [event.data["epoch"] for event in epochs]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(graft.workspace.runs.list(project.id)) == 1


def test_a_pending_pause_is_seen_by_all_visitors(
    open_page: OpenPage, project: Project, graft: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = graft.workspace.runs.create(project.id, "tests:none", {}, {})
    graft.workspace.runs.start(run.id)
    try:
        page = open_page("train.py", project)
        page.session_state["pausing"] = run.id  # asked for here once; it went on elsewhere
        assert page.run().button(key="pause_run").label == "Pause"
        status = EngineStatus("busy", "ready", run.id, pausing=True)
        monkeypatch.setattr(type(graft.engine), "status", lambda _: status)
        button = page.run().button(key="pause_run")
        assert (button.label, button.disabled) == ("Pausing …", True)
    finally:
        graft.workspace.runs.finish(run.id, RunState.STOPPED)


def test_a_run_that_rests_can_be_ended(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    runs = graft.workspace.runs
    run = runs.create(project.id, "tests:none", draft_recipe(project, 30).to_json(), {})
    graft.workspace.runs.pause(run.id)
    page = open_page("train.py", project)
    assert not page.exception
    page.button(key="stop_run").click().run()
    assert runs.get(run.id).state is RunState.STOPPED


def test_only_a_run_with_a_checkpoint_goes_on(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    runs = graft.workspace.runs
    run = runs.create(project.id, "tests:none", draft_recipe(project, 30).to_json(), {})
    runs.finish(run.id, RunState.LOST, error="It was killed.", remedy="Start it again.")
    page = open_page("train.py", project)
    assert "resume_run" not in {button.key for button in page.button}
    (runs.folder(run.id) / CHECKPOINT_NAME).write_bytes(b"anything")
    assert is_resumable(runs.get(run.id))
    page.run()
    assert page.button(key="resume_run").label == "Go on"


def test_a_finished_run_is_trained_for_longer(
    open_page: OpenPage, project: Project, graft: Services
) -> None:
    keep_recipe(project, with_settings(draft_recipe(project, 30), 30, epochs=3))
    page = open_page("train.py", project)
    page.button(key="train").click().run()
    [run] = graft.workspace.runs.list(project.id)
    assert graft.engine.wait(run.id, timeout=PATIENCE).state is RunState.FINISHED
    page.run()
    page.number_input(key="more_epochs").set_value(2)
    page.button(key="train_on").click().run()
    assert not page.exception
    longer, _ = graft.workspace.runs.list(project.id)
    assert page.query_params["run"] == longer.id
    assert longer.payload["start"] == run.id and longer.recipe["epochs"] == 2
    assert graft.engine.wait(longer.id, timeout=PATIENCE).state is RunState.FINISHED
    losses = [
        event.data["train_loss"]
        for trained in (run, longer)
        for event in graft.workspace.runs.events(trained.id)
        if event.kind == "epoch"
    ]
    assert losses[3] < losses[0] / 2  # it does not begin anew
    folder = graft.workspace.runs.folder(longer.id) / CLASSIFIER_FOLDER
    assert read_manifest(folder).labels == ("dark", "bright")


def test_the_next_run_begins_with_a_classifier_until_one_starts_afresh(
    open_page: OpenPage, graft: Services
) -> None:
    made = trained_project(graft.workspace, labels=("red", "lime"))
    project, first = made.project, made.run
    add_run(graft.workspace, project, ("red", "lime"))
    page = open_page("train.py", project, run=first.id)
    page.button(key="start_from").click().run()
    assert not page.exception
    kept = graft.workspace.projects.get(project.id)
    start = chosen_start(kept)
    assert start is not None and start.id == first.id
    assert kept.choices["backbone"] == first.recipe["backbone"]
    assert any("run 1" in markdown.value for markdown in page.markdown)
    page.button(key="start_afresh").click().run()
    assert chosen_start(graft.workspace.projects.get(project.id)) is None


def test_a_start_that_no_longer_fits_is_forgotten(graft: Services) -> None:
    made = trained_project(graft.workspace, labels=("red", "lime"))
    choose = graft.workspace.projects.choose
    project = choose(made.project.id, start=made.run.id, backbone=made.run.recipe["backbone"])
    assert chosen_start(project) is not None
    assert chosen_start(choose(project.id, backbone="resnet18.a1_in1k")) is None
    again = choose(project.id, backbone=made.run.recipe["backbone"], start="nowhere")
    assert chosen_start(again) is None
    graft.workspace.runs.delete(made.run.id)
    assert chosen_start(choose(project.id, start=made.run.id)) is None
