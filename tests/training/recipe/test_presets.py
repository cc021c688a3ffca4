"""Presets are sound for any number of pictures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.recipe.recipes import STAGES
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.errors import RecipeRefused
from tlcore.training.recipe.phases import phases_of
from tlcore.training.recipe.presets import PRESETS, preset


@given(st.sampled_from(sorted(PRESETS)), st.integers(0, 100_000))
def test_presets_are_sound_for_any_number_of_pictures(name: str, pictures: int) -> None:
    recipe = preset(name, "resnet18", pictures)
    assert recipe.preset == name
    assert 8 <= recipe.batch_size <= 64
    assert phases_of(recipe, STAGES)[0].name == "head"


@pytest.mark.parametrize(("pictures", "joining"), [(40, 1), (200, 2), (5000, 2)])
def test_balanced_lets_the_last_stages_join_at_lower_rates(pictures: int, joining: int) -> None:
    first, second = phases_of(preset("balanced", "resnet18", pictures), STAGES)
    learning = (*(False,) * (len(STAGES) - joining), *(True,) * joining)
    assert (any(first.learning), second.learning) == (False, learning)
    assert second.head_rate < first.head_rate
    rates = [rate for rate in second.stage_rates if rate]
    assert rates == sorted(rates) and len(set(rates)) == joining, "lower stages more gently"
    assert rates[-1] < second.head_rate


def test_the_bundled_backbone_has_more_to_learn_than_others() -> None:
    rates = [preset("balanced", name, 200).backbone_rate for name in (DEFAULT_BACKBONE, "resnet18")]
    assert rates[0] > rates[1]
    assert preset("balanced", DEFAULT_BACKBONE, 40).backbone_rate == rates[1], "with few, care"


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(RecipeRefused, match="quick"):
        preset("slow", "resnet18", 10)
