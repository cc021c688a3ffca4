"""Lanes of a race differ in what they should, and repeats take turns."""

from __future__ import annotations

import pytest

from tlcore.errors import RecipeRefused
from tlcore.training.recipe.lanes import (
    RACE_KINDS,
    changes_pictures,
    from_scratch,
    lanes_of,
    running_order,
    variations,
)
from tlcore.training.recipe.phases import phases_of
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.race import MOST_NAME
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import strategy_of

STAGES = ("edges", "textures", "parts", "objects")
DRAFTS = [preset(name, "resnet18", 100) for name in PRESETS]


@pytest.mark.parametrize("draft", DRAFTS, ids=list(PRESETS))
@pytest.mark.parametrize("kind", [name for name in RACE_KINDS if name != "own"])
def test_lanes_differ_and_can_all_be_trained(kind: str, draft: Recipe) -> None:
    lanes = lanes_of(kind, draft, STAGES, 100)
    assert len({lane.name for lane in lanes}) == len(lanes) == 2
    assert lanes[0].recipe.to_json() != lanes[1].recipe.to_json()
    for lane in lanes:
        assert lane.recipe.backbone == draft.backbone
        assert lane.recipe.epochs == draft.epochs
        assert sum(phase.epochs for phase in phases_of(lane.recipe, STAGES)) == draft.epochs


def test_from_scratch_borrows_nothing_and_learns_everywhere() -> None:
    transfer, scratch = lanes_of("scratch", DRAFTS[2], STAGES, 100)
    assert transfer.recipe == DRAFTS[2]
    assert not scratch.recipe.pretrained
    [phase] = phases_of(scratch.recipe, STAGES)
    assert all(phase.learning)
    assert set(phase.stage_rates) == {phase.head_rate}
    assert scratch.recipe.moving_statistics and not scratch.recipe.patience


def test_a_draft_from_scratch_is_raced_against_transfer() -> None:
    transfer, _ = lanes_of("scratch", from_scratch(DRAFTS[0]), STAGES, 100)
    assert transfer.recipe.pretrained


@pytest.mark.parametrize("draft", DRAFTS, ids=list(PRESETS))
def test_frozen_is_raced_against_something_that_learns(draft: Recipe) -> None:
    frozen, tuned = lanes_of("freezing", draft, STAGES, 100)
    assert strategy_of(frozen.recipe) == "frozen"
    assert strategy_of(tuned.recipe) != "frozen"


def test_changed_pictures_against_plain_ones_neither_mirrors_nor_turns_by_itself() -> None:
    changed, plain = lanes_of("augmentation", DRAFTS[0], STAGES, 100)
    assert changes_pictures(changed.recipe) and not changes_pictures(plain.recipe)
    assert not changed.recipe.flips and not changed.recipe.turn
    assert changed.recipe.views > 1 and plain.recipe.views == 1
    mixing = DRAFTS[0].with_changes(preset="custom", mixup=0.2)
    assert lanes_of("augmentation", mixing, STAGES, 100)[0].recipe == mixing


@pytest.mark.parametrize("draft", DRAFTS, ids=list(PRESETS))
def test_every_variation_differs_from_the_draft(draft: Recipe) -> None:
    offered = variations(draft, STAGES, 100)
    assert offered.pop("Your settings") == draft
    settings = {**draft.to_json(), "preset": "custom"}
    assert all({**other.to_json(), "preset": "custom"} != settings for other in offered.values())
    assert max(len(name) for name in offered) <= MOST_NAME


def test_an_own_race_has_two_to_four_lanes() -> None:
    chosen = ["Your settings", "Half the epochs", "Cosine head"]
    lanes = lanes_of("own", DRAFTS[1], STAGES, 100, chosen)
    assert [lane.name for lane in lanes] == chosen
    for wrong in (chosen[:1], [*chosen, "From scratch", "Larger learning rates"]):
        with pytest.raises(RecipeRefused):
            lanes_of("own", DRAFTS[1], STAGES, 100, wrong)
    with pytest.raises(RecipeRefused):
        lanes_of("marathon", DRAFTS[1], STAGES, 100)


def test_repeats_take_turns_with_other_seeds() -> None:
    lanes = lanes_of("scratch", DRAFTS[0].with_changes(seed=2**31 - 1), STAGES, 100)
    order = running_order(lanes, 2)
    assert [lane.name for lane in order] == ["Transfer", "From scratch"] * 2
    assert [lane.recipe.seed for lane in order] == [2**31 - 1, 2**31 - 1, 0, 0]
    assert order[0].recipe.preset == "quick"
    for wrong in (0, 6):
        with pytest.raises(RecipeRefused):
            running_order(lanes, wrong)
