"""Runs side by side: only what differs, said in words, also for recipes of earlier versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tlcore.results.compare.runs import (
    TITLES,
    compare,
    differences,
    learning_seconds_of,
    seconds_of,
    setting_words,
)
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import IMPORTED, Run, RunState

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = preset("quick", "resnet18", 100)


def run(number: int, recipe: dict[str, Any], summary: dict[str, Any], **payload: Any) -> Run:
    return Run(
        id=f"run{number}", project_id="p", number=number, function="none:none", recipe=recipe,
        payload=payload, state=RunState.FINISHED, created=BEGAN, started=BEGAN,
        finished=BEGAN + timedelta(seconds=80 * number), summary=summary,
    )  # fmt: skip


def test_every_setting_but_name_and_seed_has_a_title() -> None:
    assert set(TITLES) == set(Recipe.model_fields) - {"preset", "seed"}


def test_equal_recipes_differ_in_nothing() -> None:
    other = QUICK.with_changes(preset="custom", seed=5)
    assert differences([QUICK.to_json(), other.to_json()]) == []


def test_only_what_differs_is_shown_in_words() -> None:
    other = QUICK.with_changes(learning=(False, True, True), turn=15, hidden=(64, 32), flips=True)
    rows = {row.name: row.values for row in differences([QUICK.to_json(), other.to_json()])}
    assert rows == {
        "What learns": ("the new head", "head and stages 2, 3"),
        "Turned": ("no", "up to 15°"),
        "Hidden layers": ("none", "64 and 32"),
        "Mirrored": ("no", "yes"),
    }


def test_a_recipe_of_an_earlier_version_is_read_as_one() -> None:
    old = {**QUICK.to_json(), "hidden": 64}
    for name in ("layer_decay", "unfreezing", "optimizer", "turn"):
        del old[name]
    [row] = differences([QUICK.to_json(), old])
    assert row.values == ("none", "64")


def test_a_recipe_that_cannot_be_read_hides_nothing() -> None:
    rows = differences([QUICK.to_json(), {"backbone": "vgg11", "from_the_future": 1}])
    assert rows[0].values == ("resnet18", "vgg11")
    assert all("None" not in value for row in rows for value in row.values)


def test_every_value_of_a_recipe_has_words() -> None:
    thorough = preset("thorough", "resnet18", 100).to_json()
    assert all(setting_words(name, thorough[name]) for name in TITLES)
    assert setting_words("backbone", "resnet18.a1_in1k") == "ResNet-18 (resnet18.a1_in1k)"
    assert setting_words("head_rate", 3e-5) == "0.00003"
    assert setting_words("layer_decay", 0.5) == "0.5 times the next"
    assert setting_words("moving_statistics", None) == "chosen by batch size"


def test_scores_stand_under_the_settings() -> None:
    first = run(1, QUICK.to_json(), {"test_accuracy": 0.9, "best_epoch": 4})
    summary = {"test_accuracy": None, "best_epoch": 3, "averaged": [3, 9]}
    second = run(2, QUICK.to_json(), summary, race="r", lane="From scratch")
    comparison = compare([first, second])
    assert comparison.runs == ("Run 1", "Run 2 · From scratch")
    assert comparison.settings == ()
    outcomes = {row.name: row.values for row in comparison.outcomes}
    assert outcomes == {
        "Right on test": ("90 %", "–"),
        "Kept": ("epoch 4", "mean of epochs 3 to 9"),
        "Time": ("1 min 20 s", "2 min 40 s"),
    }


def test_what_a_run_went_on_from_is_a_difference_too() -> None:
    first = run(1, QUICK.to_json(), {})
    more, third = (run(number, QUICK.to_json(), {}, start=start)
                   for number, start in ((2, first.id), (3, "gone")))  # fmt: skip
    assert [row.values for row in compare([first, more]).settings] == [("–", "run 1")]
    assert compare([more], [first]).settings == compare([first, first]).settings == ()
    [row] = compare([more, third], [first]).settings
    assert (row.name, row.values) == ("Goes on from", ("run 1", "an earlier run"))


def test_a_run_that_rested_took_the_seconds_that_it_tells() -> None:
    rested = run(1, {}, {"seconds": {"prepare": 1.0, "train": 100.0, "total": 119.7}})
    assert (seconds_of(rested), learning_seconds_of(rested)) == (119.7, 100.0)
    [time] = [row for row in compare([rested]).outcomes if row.name == "Time"]
    assert time.values == ("2 min 0 s",)
    silent = replace(rested, summary={})
    assert (seconds_of(silent), learning_seconds_of(silent)) == (80.0, None)
    assert seconds_of(replace(silent, state=RunState.RUNNING)) is None


def test_what_came_from_elsewhere_took_no_time_here() -> None:
    assert seconds_of(replace(run(1, {}, {"val_accuracy": 0.9}), function=IMPORTED)) is None
