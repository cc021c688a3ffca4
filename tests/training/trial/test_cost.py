"""What a training would cost: counted exactly, timed on few pictures, and near what it takes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import write_set
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.jobs.events import Event
from tlcore.results.score.scoring import train_and_score
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.loop import train
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.trial.cost import estimate
from tlcore.training.trial.step_cost import steps_of_epoch

TINY: dict[str, Any] = {"backbone": "test_resnet", "pretrained": False, "batch_size": 8}
AUGMENTED: dict[str, Any] = {**TINY, "learning": "last", "flips": True, "views": 3, "epochs": 3}
MARGIN = 0.3
ATTEMPTS = 6


def cost_of(recipe: Recipe, pictures: TrainingSet, home: Path) -> dict[str, Any]:
    *others, last = list(estimate(recipe, pictures, home))
    assert last.kind == "result" and {event.kind for event in others} == {"progress"}
    return last.data


def run(recipe: Recipe, pictures: TrainingSet, home: Path, folder: Path) -> Event:
    return list(train(recipe, pictures, folder=folder, home=home))[-1]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    """More than a measurement looks at: 132 to learn from, 30 to check."""
    return write_set(tmp_path_factory.mktemp("many"), train=44, validation=10, test=0)


def test_parameters_and_sums_are_those_of_the_run(pictures: TrainingSet, tmp_path: Path) -> None:
    recipe = Recipe.read({**TINY, "learning": "last", "epochs": 4, "head_epochs": 1})
    cost = cost_of(recipe, pictures, tmp_path)
    finished = run(recipe, pictures, tmp_path, tmp_path / "classifier").data
    assert cost["trainable_parameters"] == finished["trainable_parameters"]
    assert cost["frozen_parameters"] == finished["frozen_parameters"]
    assert cost["device"] == finished["device"]
    assert [phase["epochs"] for phase in cost["phases"]] == [1, 3]
    parts = cost["prepare_seconds"] + cost["score_seconds"]
    phases = sum(p["look_seconds"] + p["epochs"] * p["epoch_seconds"] for p in cost["phases"])
    assert cost["total_seconds"] == pytest.approx(parts + phases)
    assert cost["epoch_seconds"] == cost["phases"][-1]["epoch_seconds"] > cost["keep_seconds"]
    assert all(cost[name] > 0 for name in ("epoch_seconds", "memory_bytes", "kept_bytes"))


def test_looks_are_counted_until_they_are_kept(many: TrainingSet, tmp_path: Path) -> None:
    """What measuring looked at is kept; after the run nothing is left to look at."""
    recipe = Recipe.read(AUGMENTED)
    (first,) = cost_of(recipe, many, tmp_path)["phases"]
    every = 3 * 132 + 30
    assert every - 2 * 72 <= first["looks"] < every
    assert first["views"] == 3 and first["look_seconds"] > 0
    run(recipe, many, tmp_path, tmp_path / "classifier")
    (after,) = cost_of(recipe, many, tmp_path)["phases"]
    assert after["looks"] == 0 and after["look_seconds"] == 0
    assert after["kept_bytes"] == first["kept_bytes"]


def test_phases_that_share_a_look_count_it_once(many: TrainingSet, tmp_path: Path) -> None:
    """Gradual unfreezing looks at each picture in the first phase, for all that come after."""
    recipe = Recipe.read(
        {**TINY, "learning": (False, False, True, True, True), "unfreezing": "gradual",
         "epochs": 4, "head_epochs": 1}
    )  # fmt: skip
    phases = cost_of(recipe, many, tmp_path)["phases"]
    assert len(phases) == 4
    assert phases[0]["looks"] > 50
    assert [phase["looks"] for phase in phases[1:]] == [0, 0, 0]


def test_epochs_of_a_whole_network_keep_nothing(pictures: TrainingSet, tmp_path: Path) -> None:
    (phase,) = cost_of(Recipe.read({**AUGMENTED, "learning": "all"}), pictures, tmp_path)["phases"]
    assert not phase["keeps"]
    assert phase["looks"] == phase["kept_bytes"] == 0
    assert phase["epoch_seconds"] > 0


def test_what_a_start_has_learned_says_other_things_about_the_pictures(
    many: TrainingSet, tmp_path: Path
) -> None:
    run(Recipe.read({**TINY, "learning": "last", "epochs": 1}), many, tmp_path, tmp_path / "start")
    head = Recipe.read({**TINY, "epochs": 1})
    run(head, many, tmp_path, tmp_path / "classifier")

    def looks(start: Path | None) -> int:
        *_, result = estimate(head, many, tmp_path, start=start)
        return int(result.data["phases"][0]["looks"])

    assert looks(None) == 0
    assert looks(tmp_path / "start") > 0


def test_it_can_be_stopped(pictures: TrainingSet, tmp_path: Path) -> None:
    seen = list(estimate(Recipe.read(TINY), pictures, tmp_path, stop=lambda: True))
    assert not [event for event in seen if event.kind == "result"]


def test_a_last_small_batch_counts_as_what_it_is() -> None:
    assert steps_of_epoch(70, 64, pooled=True) == 2
    assert steps_of_epoch(70, 64, pooled=False) == pytest.approx(70 / 64)
    assert steps_of_epoch(5, 64, pooled=False) == 1


RECIPES: dict[str, dict[str, Any]] = {
    "head": {"learning": "head", "epochs": 30},
    "last": {"learning": "last", "epochs": 8, "head_epochs": 2, "flips": True, "crops": True,
             "views": 3},
    "gradual": {"learning": "from:3", "epochs": 6, "head_epochs": 2, "unfreezing": "gradual"},
    "all": {"learning": "all", "epochs": 3},
}  # fmt: skip


@pytest.mark.alone
@pytest.mark.parametrize("name", RECIPES)
def test_a_run_takes_what_was_estimated_within_thirty_per_cent(
    name: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A machine's neighbours can disturb a measurement: one of a few has to be near."""
    pictures = write_set(tmp_path_factory.mktemp("cost"), train=50, validation=12, test=12)
    recipe = Recipe.read({"backbone": DEFAULT_BACKBONE, "batch_size": 16, **RECIPES[name]})
    shares = []
    for attempt in range(ATTEMPTS):
        home = tmp_path / f"home{attempt}"
        estimated = cost_of(recipe, pictures, home)["total_seconds"]
        began = time.perf_counter()
        for _ in train_and_score(recipe, pictures, folder=tmp_path / f"c{attempt}", home=home):
            pass
        shares.append(estimated / (time.perf_counter() - began))
        if abs(shares[-1] - 1) <= MARGIN:
            return
    pytest.fail(f"estimated / measured: {[round(share, 2) for share in shares]}")
