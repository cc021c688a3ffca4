"""The recipe: ranges, refusals in plain words, and the trip through JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from tests.training.recipe.recipes import recipes
from tlcore.errors import RecipeRefused
from tlcore.training.recipe.recipe import Recipe


@given(recipes)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    assert Recipe.read(json.loads(json.dumps(recipe.to_json()))) == recipe


@pytest.mark.parametrize(("stored", "hidden"), [(0, ()), (64, (64,)), ([8, 4], (8, 4))])
def test_a_recipe_of_an_earlier_version_is_read(stored: object, hidden: tuple[int, ...]) -> None:
    old = {"backbone": "resnet18", "hidden": stored, "moving_statistics": False, "flips": True}
    recipe = Recipe.read(old)
    assert recipe.hidden == hidden
    assert recipe.moving_statistics is False


@pytest.mark.parametrize(
    "changes",
    [{"flips_vertical": True}, {"turn": 5}, {"brightness": 0.1}, {"erasing": 0.2}, {"crops": True}],
)
def test_any_change_of_pixels_is_augmentation(changes: dict[str, object]) -> None:
    assert Recipe.read({"backbone": "a", **changes}).augmented
    assert not Recipe.read({"backbone": "a", "mixup": 1.0}).augmented


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 0},
        {"head_rate": 0},
        {"head_rate": float("nan")},
        {"dropout": 1},
        {"learning": "tail"},
        {"learning": "from:"},
        {"seed": -1},
        {"surprise": 1},
        {"batch_size": "many"},
        {"hidden": [8, 8, 8]},
        {"hidden": [0]},
        {"layer_decay": 0},
        {"label_smoothing": 0.6},
        {"optimizer": "magic"},
        {"turn": 181},
    ],
)
def test_settings_out_of_range_are_refused_in_plain_words(change: dict[str, object]) -> None:
    with pytest.raises(RecipeRefused) as refused:
        Recipe.read({"backbone": "resnet18", **change})
    assert next(iter(change)).replace("_", " ") in refused.value.message
