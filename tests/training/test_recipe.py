"""The recipe: ranges, words for what learns, phases, and the trip through JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.errors import RecipeRefused
from tlcore.training.recipe import PRESETS, Recipe, preset, resolve_learning

STAGES = ("edges", "textures", "parts", "objects")

recipes = st.builds(
    Recipe,
    backbone=st.sampled_from(["resnet18", "vit_tiny_patch16_224.augreg_in21k_ft_in1k"]),
    learning=st.one_of(
        st.sampled_from(["head", "last", "all", "from:parts", "from:2"]),
        st.lists(st.booleans(), min_size=4, max_size=4).map(tuple),
    ),
    epochs=st.integers(1, 1000),
    head_epochs=st.integers(0, 1000),
    batch_size=st.integers(1, 1024),
    head_rate=st.floats(1e-8, 100),
    backbone_rate=st.floats(1e-8, 100),
    dropout=st.floats(0, 0.95),
    views=st.integers(1, 64),
    flips=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)


@given(recipes)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    assert Recipe.read(json.loads(json.dumps(recipe.to_json()))) == recipe


@given(recipes)
def test_phases_hold_all_epochs_and_end_with_what_was_asked(recipe: Recipe) -> None:
    phases = recipe.phases(STAGES)
    assert sum(phase.epochs for phase in phases) == recipe.epochs
    assert all(phase.epochs >= 1 for phase in phases)
    assert phases[-1].learning == resolve_learning(recipe.learning, STAGES)
    for phase in phases:
        assert not any(phase.learning[: phase.cut])
        assert phase.cut == len(STAGES) or phase.learning[phase.cut]


@given(st.lists(st.booleans(), min_size=1, max_size=9))
def test_any_pattern_of_stages_can_learn(pattern: list[bool]) -> None:
    names = [f"stage {number}" for number in range(len(pattern))]
    assert resolve_learning(tuple(pattern), names) == tuple(pattern)


@pytest.mark.parametrize(
    ("words", "learning"),
    [
        ("head", (False, False, False, False)),
        ("last", (False, False, False, True)),
        ("all", (True, True, True, True)),
        ("from:parts", (False, False, True, True)),
        ("from:PARTS", (False, False, True, True)),
        ("from:1", (True, True, True, True)),
    ],
)
def test_words_for_what_learns(words: str, learning: tuple[bool, ...]) -> None:
    assert resolve_learning(words, STAGES) == learning


@pytest.mark.parametrize("words", ["from:whiskers", "from:0", "from:5"])
def test_an_unknown_stage_is_refused_and_the_stages_are_named(words: str) -> None:
    with pytest.raises(RecipeRefused) as refused:
        resolve_learning(words, STAGES)
    assert "textures" in refused.value.remedy


def test_a_pattern_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(RecipeRefused, match="2 stages"):
        resolve_learning((True, False), STAGES)


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
    ],
)
def test_settings_out_of_range_are_refused_in_plain_words(change: dict[str, object]) -> None:
    with pytest.raises(RecipeRefused) as refused:
        Recipe.read({"backbone": "resnet18", **change})
    assert next(iter(change)).replace("_", " ") in refused.value.message


@given(st.sampled_from(sorted(PRESETS)), st.integers(0, 100_000))
def test_presets_are_sound_for_any_number_of_pictures(name: str, pictures: int) -> None:
    recipe = preset(name, "resnet18", pictures)
    assert recipe.preset == name
    assert 8 <= recipe.batch_size <= 64
    assert recipe.phases(STAGES)[0].name == "head"


def test_balanced_lets_the_last_stage_join_at_a_lower_rate() -> None:
    first, second = preset("balanced", "resnet18", 200).phases(STAGES)
    assert (any(first.learning), second.learning) == (False, (False, False, False, True))
    assert second.backbone_rate < second.head_rate < first.head_rate


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(RecipeRefused, match="quick"):
        preset("slow", "resnet18", 10)
