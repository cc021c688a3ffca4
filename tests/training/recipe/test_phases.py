"""Phases: which stages learn when, and the words that name them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.recipe.recipes import STAGES, recipes
from tlcore.errors import RecipeRefused
from tlcore.training.recipe.phases import phases_of, resolve_learning
from tlcore.training.recipe.recipe import Recipe


@given(recipes)
def test_phases_hold_all_epochs_and_end_with_the_stages_of_the_recipe(recipe: Recipe) -> None:
    phases = phases_of(recipe, STAGES)
    assert sum(phase.epochs for phase in phases) == recipe.epochs
    assert all(phase.epochs >= 1 for phase in phases)
    assert phases[-1].learning == resolve_learning(recipe.learning, STAGES)
    for phase in phases:
        assert not any(phase.learning[: phase.cut])
        assert phase.cut == len(STAGES) or phase.learning[phase.cut]
        assert [rate > 0 for rate in phase.stage_rates] == list(phase.learning)


@given(recipes)
def test_stages_only_join_and_the_cut_only_moves_down(recipe: Recipe) -> None:
    phases = phases_of(recipe, STAGES)
    for before, after in itertools.pairwise(phases):
        assert after.cut <= before.cut
        assert all(now for was, now in zip(before.learning, after.learning, strict=True) if was)


@given(recipes)
def test_a_lower_stage_never_learns_faster(recipe: Recipe) -> None:
    for phase in phases_of(recipe, STAGES):
        rates = [rate for rate in phase.stage_rates if rate]
        assert rates == sorted(rates)
        assert not rates or rates[-1] <= recipe.backbone_rate


def test_gradual_unfreezing_shares_the_epochs_and_skips_what_stays_frozen() -> None:
    recipe = Recipe(
        backbone="resnet18", unfreezing="gradual", learning=(True, False, True, True),
        epochs=13, head_epochs=3, layer_decay=0.5, backbone_rate=0.1,
    )  # fmt: skip
    phases = phases_of(recipe, STAGES)
    assert [phase.name for phase in phases] == ["head", "objects", "parts", "edges"]
    assert [phase.epochs for phase in phases] == [3, 3, 3, 4]
    assert [phase.cut for phase in phases] == [4, 3, 2, 0]
    assert phases[-1].stage_rates == pytest.approx((0.0125, 0, 0.05, 0.1))


def test_with_fewer_epochs_than_stages_several_join_together() -> None:
    recipe = Recipe(backbone="a", unfreezing="gradual", learning="all", epochs=3, head_epochs=1)
    head, first, last = phases_of(recipe, STAGES)
    assert (sum(first.learning), sum(last.learning)) == (2, 4)
    assert [phase.epochs for phase in (head, first, last)] == [1, 1, 1]


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
    ("stages", "learning"),
    [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2), (7, 3), (12, 4)],
)
def test_the_upper_third_of_the_stages(stages: int, learning: int) -> None:
    pattern = resolve_learning("upper", [str(number) for number in range(stages)])
    assert pattern == (*(False,) * (stages - learning), *(True,) * learning)
