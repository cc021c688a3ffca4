"""The rate finder: its curve, a suggestion that hardly depends on the seed, and no traces."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.training.conftest import write_set
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.jobs.events import Event
from tlcore.training.data.training_set import TrainingSet
from tlcore.training.fit.loop import train
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.trial.rate_finder import (
    DIVERGED,
    HIGHEST,
    LOWEST,
    STAGES_STEPS,
    SWEEPS,
    find_rates,
)

HEAD: dict[str, Any] = {"backbone": "test_resnet", "pretrained": False, "batch_size": 8}


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    return write_set(tmp_path_factory.mktemp("more"), train=16, validation=0, test=0)


def search(recipe: Recipe, pictures: TrainingSet, home: Path) -> tuple[list[Event], dict[str, Any]]:
    events = list(find_rates(recipe, pictures, home))
    assert [event.kind for event in events].count("result") == 1
    return events, events[-1].data


def test_the_suggestion_is_stable_over_seeds(more: TrainingSet, kept_home: Path) -> None:
    """Five seeds, each with its own batches and dropout, within a factor of two."""
    suggestions = []
    for seed in range(5):
        recipe = Recipe.read({**HEAD, "seed": seed, "dropout": 0.2, "moving_statistics": False})
        _, data = search(recipe, more, kept_home)
        suggestions.append(data["suggestion"])
    assert all(suggestions)
    assert max(suggestions) / min(suggestions) < 2


@pytest.mark.slow
def test_where_stages_learn_neither_seed_nor_speed_moves_the_suggestion(
    more: TrainingSet, kept_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow computer makes fewer sweeps of the same steps: within a factor of two all the same."""
    suggestions = []
    for seconds, sweeps in ((1e9, SWEEPS), (0.0, 1)):
        monkeypatch.setattr("tlcore.training.trial.rate_finder.SECONDS", seconds)
        for seed in range(2):
            recipe = preset("balanced", DEFAULT_BACKBONE, 48).with_changes(seed=seed)
            events, data = search(recipe, more, kept_home)
            sweep_of_points = [event.data["sweep"] for event in events if event.kind == "point"]
            assert set(sweep_of_points) == set(range(sweeps))
            assert sweep_of_points.count(0) <= STAGES_STEPS
            suggestions.append(data["suggestion"])
    assert all(suggestions)
    assert max(suggestions) / min(suggestions) < 2


def test_the_curve_rises_through_the_rates_and_ends_where_it_diverges(
    pictures: TrainingSet, kept_home: Path
) -> None:
    events, data = search(Recipe.read(HEAD), pictures, kept_home)
    points = [event.data for event in events if event.kind == "point"]
    assert {point["sweep"] for point in points} == set(range(SWEEPS))
    for sweep in range(SWEEPS):
        own = [point for point in points if point["sweep"] == sweep]
        rates = [point["rate"] for point in own]
        assert rates == sorted(rates)
        assert rates[0] == LOWEST and rates[-1] <= HIGHEST
        assert all(math.isfinite(point["loss"]) for point in own)
        assert all(point["loss"] <= DIVERGED * own[0]["loss"] for point in own[:-1])
    assert data["points"][0][0] == pytest.approx(LOWEST)
    assert data["backbone_rate"] is None
    assert f"{data['head_rate']:g}" in data["words"]


def test_rates_of_stages_keep_their_proportion(pictures: TrainingSet, kept_home: Path) -> None:
    recipe = Recipe.read(
        {**HEAD, "learning": "last", "head_rate": 1e-3, "backbone_rate": 1e-4, "head_epochs": 2}
    )
    _, data = search(recipe, pictures, kept_home)
    assert data["suggestion"] is not None
    assert data["backbone_rate"] == pytest.approx(data["head_rate"] / 10)
    assert f"{data['backbone_rate']:g} for the stages" in data["words"]


def test_a_search_begins_where_the_training_would(
    pictures: TrainingSet, kept_home: Path, tmp_path: Path
) -> None:
    recipe = Recipe.read({**HEAD, "epochs": 8, "head_rate": 0.01})
    list(train(recipe, pictures, folder=tmp_path / "start", home=kept_home))
    *_, result = find_rates(recipe, pictures, kept_home, start=tmp_path / "start")
    assert (
        result.data["points"][0][1] < 0.9 * search(recipe, pictures, kept_home)[1]["points"][0][1]
    )


def test_the_same_search_gives_the_same_curve(pictures: TrainingSet, kept_home: Path) -> None:
    recipe = Recipe.read({**HEAD, "dropout": 0.3})
    once, again = (search(recipe, pictures, kept_home)[1]["points"] for _ in range(2))
    assert once == again


def test_it_can_be_stopped(pictures: TrainingSet, kept_home: Path) -> None:
    seen: list[Event] = []
    seen.extend(find_rates(Recipe.read(HEAD), pictures, kept_home, stop=lambda: len(seen) >= 5))
    assert not [event for event in seen if event.kind == "result"]


def test_pictures_without_difference_get_no_suggestion(
    pictures: TrainingSet, kept_home: Path
) -> None:
    """Every picture is the same one: no rate can tell the labels apart."""
    first = pictures.examples[0]
    same = TrainingSet(
        pictures.labels,
        tuple(
            replace(example, picture=first.picture, path=first.path)
            for example in pictures.examples
        ),
    )
    _, data = search(Recipe.read(HEAD), same, kept_home)
    assert data["suggestion"] is None and data["head_rate"] is None
    assert "labels" in data["words"]
