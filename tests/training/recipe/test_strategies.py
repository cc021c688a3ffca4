"""Each strategy is one click: what it lets learn, and that it is recognised again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.errors import RecipeRefused
from tlcore.training.recipe.phases import phases_of
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import (
    STRATEGIES,
    apply_strategy,
    followed_strategy,
    strategy_of,
)

STAGES = ("edges", "textures", "patterns", "parts", "objects")


@given(
    st.sampled_from(sorted(STRATEGIES)),
    st.sampled_from(sorted(PRESETS)),
    st.integers(2, 100_000),
    st.integers(3, 7),
    st.integers(2, 200),
)
def test_an_applied_strategy_is_recognised(
    strategy: str, name: str, pictures: int, stages: int, epochs: int
) -> None:
    names = [f"stage {number}" for number in range(stages)]
    before = preset(name, "resnet18", pictures).with_changes(epochs=epochs)
    recipe = apply_strategy(strategy, before, names, pictures)
    assert strategy_of(recipe) == strategy
    assert phases_of(recipe, names)
    assert (recipe.epochs, recipe.flips, recipe.dropout) == (epochs, before.flips, before.dropout)


def test_what_each_lets_learn_when() -> None:
    start = Recipe(backbone="resnet18", epochs=20)
    learning = {
        name: [
            sum(phase.learning)
            for phase in phases_of(apply_strategy(name, start, STAGES, 500), STAGES)
        ]
        for name in STRATEGIES
    }
    assert learning == {
        "frozen": [0],
        "last": [0, 2],
        "full": [5],
        "two_phase": [0, 5],
        "gradual": [0, 1, 2, 3, 4, 5],
    }


def test_with_few_pictures_only_the_last_stage_joins() -> None:
    start = Recipe(backbone="resnet18")
    assert apply_strategy("last", start, STAGES, 40).learning == "last"
    assert sum(phases_of(apply_strategy("last", start, STAGES, 60), STAGES)[-1].learning) == 2


@pytest.mark.parametrize(
    ("learning", "strategy"),
    [
        ((False, True, False, False, True), None),
        ((False, False, False, True, True), "last"),
        ((True,) * 5, "full"),
        ((False,) * 5, "frozen"),
        ("from:parts", "last"),
    ],
)
def test_ones_own_choice(learning: object, strategy: str | None) -> None:
    assert strategy_of(Recipe.read({"backbone": "a", "learning": learning})) == strategy


@pytest.mark.parametrize(
    ("learning", "pictures", "strategy"),
    [
        ("last", 40, "last"),
        ("last", 1000, "last"),
        ("upper", 1000, "last"),
        ((False, False, False, False, True, True), 1000, "last"),
        ((False, False, False, False, True, True), 40, None),
        ((False, False, True, True, True, True), 1000, None),
        ("all", 100, "full"),
    ],
)
def test_a_card_is_followed_only_with_as_many_stages_as_it_takes(
    learning: object, pictures: int, strategy: str | None
) -> None:
    recipe = Recipe.read({"backbone": "a", "learning": learning})
    assert followed_strategy(recipe, ("a", "b", "c", "d", "e", "f"), pictures) == strategy


def test_presets_follow_strategies() -> None:
    by_preset = {name: strategy_of(preset(name, "a", 100)) for name in PRESETS}
    assert by_preset == {"quick": "frozen", "balanced": "last", "thorough": "gradual"}


def test_each_is_explained_in_two_sentences() -> None:
    for strategy in STRATEGIES.values():
        assert strategy.words.count(".") == 2 and strategy.words.endswith(".")


def test_an_unknown_strategy_names_the_known_ones() -> None:
    with pytest.raises(RecipeRefused, match="gradual"):
        apply_strategy("hope", Recipe(backbone="a"), STAGES, 10)
