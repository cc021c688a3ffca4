"""The train page: what it gathers from events, and a whole run from click to score."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pages.parts.draft.draft import draft_recipe, keep_recipe
from pages.parts.frame.services import Services
from pages.parts.run.curves import MOST_STEPS, chart_words, smoothed, thinned
from pages.parts.run.history import History
from pages.parts.run.words import duration, seconds_worked
from pages.parts.train.recipe_form import recipe_words
from pages.parts.train.run_view import validation_accuracy
from tests.app.conftest import OpenPage
from tlcore.training.fit.events import EpochDone
from tlcore.training.recipe.lanes import from_scratch
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project, Run, RunState, StoredEvent


def event(sequence: int, kind: str, at: float = 0.0, **data: Any) -> StoredEvent:
    return StoredEvent(sequence, kind, dict(data), at)


def epoch(number: int, *, best: bool = False, accuracy: float = 0.5) -> dict[str, Any]:
    return {
        "epoch": number, "epochs": 4, "train_loss": 1.0 / number, "train_accuracy": accuracy,
        "validation_loss": 1.1 / number, "validation_accuracy": accuracy, "best": best,
        "seconds_left": 3.0,
    }  # fmt: skip


def step(sequence: int, position: float, loss: float | None) -> StoredEvent:
    data = {"epoch": 1, "epochs": 4, "step": sequence, "position": position, "loss": loss}
    return event(sequence, "step", **data)


def test_history_takes_each_event_once() -> None:
    history = History()
    history.absorb([step(1, 0.5, 1.0), event(2, "epoch", **epoch(1))])
    history.absorb([step(3, 1.5, 0.8)])
    assert history.sequence == 3
    assert history.steps == [(0.5, 1.0), (1.5, 0.8)]
    assert len(history.epochs) == 1


def test_history_says_what_is_happening() -> None:
    history = History()
    doing = "Looking at your pictures once"
    history.absorb([event(1, "progress", 10.0, doing=doing, done=0, total=500)])
    history.absorb([event(2, "progress", 14.0, doing=doing, done=200, total=500)])
    assert history.doing == "Looking at your pictures once: 200 of 500"
    assert history.share_done == 0.4
    assert history.seconds_left == 6.0
    words = "Only the new head learns"
    history.absorb([event(3, "phase", words=words), event(4, "epoch", **epoch(1))])
    assert history.doing == "Only the new head learns"
    assert history.share_done == 0.25
    assert history.seconds_left == 3.0


def test_history_knows_the_best_epoch_and_when_phases_began() -> None:
    history = History()
    history.absorb([
        event(1, "phase", words="one"),
        event(2, "epoch", **epoch(1, best=True)),
        event(3, "epoch", **epoch(2, best=True, accuracy=0.75)),
        event(4, "phase", words="two"),
        event(5, "epoch", **epoch(3)),
    ])  # fmt: skip
    assert history.best is not None and history.best.epoch == 2
    assert history.phase_starts == [0, 2]
    assert [row.epoch for row in history.phase_epochs] == [3]


def test_a_history_goes_back_where_its_run_went_on() -> None:
    history = History()
    history.absorb(
        [
            event(1, "phase", words="one"),
            *(step(1 + n, 0.5 * n, 1.0) for n in range(1, 6)),
            event(7, "epoch", **epoch(1)),
            event(8, "epoch", **epoch(2)),
            event(9, "phase", words="two"),
            event(10, "resumed", epochs=1, position=1.5, steps=3, phase=1, seconds=12.5),
        ]
    )
    assert [position for position, _ in history.steps] == [0.5, 1.0, 1.5]
    assert [row.epoch for row in history.epochs] == [1]
    assert [phase.words for phase in history.phases] == ["one"]
    assert history.seconds_before == 12.5


@pytest.mark.parametrize("name", ["validation_accuracy", "val_accuracy"])  # today's and the old
def test_the_validation_accuracy_is_that_of_what_is_kept(name: str) -> None:
    began = datetime.now(UTC)
    run = Run("r", "p", 1, "f", {}, {}, RunState.FINISHED, began, began, began, summary={name: 0.9})
    best = EpochDone(**epoch(2, best=True, accuracy=0.75))
    assert validation_accuracy(run, best) == 0.9
    assert validation_accuracy(replace(run, summary={}), best) == 0.75
    assert validation_accuracy(replace(run, summary={}), None) is None


@pytest.mark.parametrize(
    ("state", "summary", "seconds"),
    [
        (RunState.RUNNING, {}, 70),  # what came before, and ten seconds since it goes on
        (RunState.RUNNING, {"seconds": {"total": 65}}, 75),
        (RunState.QUEUED, {"seconds": {"total": 65}}, 65),
        (RunState.PAUSED, {"seconds": {"total": 65}}, 65),
        (RunState.FINISHED, {"seconds": {"total": 90}}, 90),
        (RunState.LOST, {}, 64),
    ],
)
def test_a_rest_is_not_counted_as_time(
    state: RunState, summary: dict[str, Any], seconds: float
) -> None:
    began = datetime.now(UTC) - timedelta(seconds=10)
    ended = None if state in (RunState.RUNNING, RunState.QUEUED) else began + timedelta(seconds=4)
    run = Run("r", "p", 1, "f", {}, {}, state, began, began, ended, summary=summary)
    assert seconds_worked(run, before=60) == pytest.approx(seconds, abs=2)


def test_the_time_does_not_run_backwards_when_a_run_ends() -> None:
    """Its process woke for four of ten seconds: they are no part of its work, now or later."""
    began = datetime.now(UTC) - timedelta(seconds=10)
    run = Run("r", "p", 1, "f", {}, {}, RunState.RUNNING, began, began, None)
    history = History()
    spoke = (began + timedelta(seconds=4)).timestamp()
    history.absorb([event(1, "phase", at=spoke, words="one")])
    going = seconds_worked(run, history.seconds_before, history.began)
    ended = replace(run, state=RunState.FINISHED, summary={"seconds": {"total": 6.2}})
    assert going == pytest.approx(6, abs=1)
    assert (seconds_worked(ended, history.seconds_before, history.began) or 0) >= 6.2


def test_a_run_that_goes_on_tells_what_came_after_its_checkpoint_again() -> None:
    history = History()
    history.absorb([
        event(1, "phase", words="one"),
        step(2, 1.0, 1.0), event(3, "epoch", **epoch(1, best=True)),
        event(4, "phase", words="two"),
        step(5, 2.0, 0.5), event(6, "epoch", **epoch(2, best=True)),
        step(7, 2.5, 0.4),
        event(8, "resumed", epochs=1, position=1.0, steps=4, phase=1),
    ])  # fmt: skip
    assert [row.epoch for row in history.epochs] == [1]
    assert history.steps == [(1.0, 1.0)]
    assert history.best is not None and history.best.epoch == 1
    assert (history.phase_starts, history.doing) == ([0], "one")
    history.absorb([event(9, "phase", words="two"), event(10, "epoch", **epoch(2))])
    assert history.phase_starts == [0, 1]
    assert [row.epoch for row in history.epochs] == [1, 2]
    history.absorb([event(11, "resumed", epochs=0, position=0.0, steps=0, phase=0)])
    assert (history.epochs, history.steps, history.phases) == ([], [], [])


def test_a_loss_that_is_no_number_is_left_out() -> None:
    history = History()
    history.absorb([step(1, 0.5, None)])
    assert history.steps == []


def test_thinned_points_stay_where_they_were() -> None:
    points = [(float(i), float(i)) for i in range(1, 3000)]
    earlier, later = thinned(points[:2000]), thinned(points)
    assert len(later) <= MOST_STEPS + 1
    assert later[-1] == points[-1]
    assert set(earlier[:-1]) >= {point for point in later if point[0] <= 1990}


def test_smoothing_starts_at_the_first_value() -> None:
    assert smoothed([2.0, 2.0, 2.0]) == [2.0, 2.0, 2.0]
    assert 1.0 < smoothed([2.0, 1.0])[1] < 2.0


def test_the_curves_are_described_for_those_who_cannot_see_them() -> None:
    assert "no point yet" in chart_words([])
    assert "75 % right" in chart_words([EpochDone(**epoch(1, accuracy=0.75))])


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


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (7.2, "7 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")]
)
def test_durations_in_words(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


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
