"""Races: lanes that differ in what they should, repeats, and races found again among runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tlcore.errors import RecipeRefused
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.race import (
    KINDS,
    MOST_NAME,
    changes_pictures,
    from_scratch,
    lane_of,
    lanes_of,
    new_race,
    payload,
    races,
    starts,
    variations,
)
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import strategy_of
from tlcore.workspace.records import Run, RunState

STAGES = ("edges", "textures", "parts", "objects")
DRAFTS = [preset(name, "resnet18", 100) for name in PRESETS]


def run(number: int, payload: dict[str, object], state: RunState = RunState.FINISHED) -> Run:
    return Run(
        id=f"run{number}", project_id="p", number=number, function="none:none", recipe={},
        payload=dict(payload), state=state, created=datetime.now(UTC),
    )  # fmt: skip


@pytest.mark.parametrize("draft", DRAFTS, ids=list(PRESETS))
@pytest.mark.parametrize("kind", [name for name in KINDS if name != "own"])
def test_lanes_differ_and_can_all_be_trained(kind: str, draft: Recipe) -> None:
    lanes = lanes_of(kind, draft, STAGES, 100)
    assert len({lane.name for lane in lanes}) == len(lanes) == 2
    assert lanes[0].recipe.to_json() != lanes[1].recipe.to_json()
    for lane in lanes:
        assert lane.recipe.backbone == draft.backbone
        assert lane.recipe.epochs == draft.epochs
        assert sum(phase.epochs for phase in lane.recipe.phases(STAGES)) == draft.epochs


def test_from_scratch_borrows_nothing_and_learns_everywhere() -> None:
    transfer, scratch = lanes_of("scratch", DRAFTS[2], STAGES, 100)
    assert transfer.recipe == DRAFTS[2]
    assert not scratch.recipe.pretrained
    [phase] = scratch.recipe.phases(STAGES)
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
    assert all({**one.to_json(), "preset": "custom"} != settings for one in offered.values())
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
    order = starts(lanes, 2)
    assert [lane.name for lane in order] == ["Transfer", "From scratch"] * 2
    assert [lane.recipe.seed for lane in order] == [2**31 - 1, 2**31 - 1, 0, 0]
    assert order[0].recipe.preset == "quick"
    for wrong in (0, 6):
        with pytest.raises(RecipeRefused):
            starts(lanes, wrong)


def test_races_are_found_again_among_runs() -> None:
    first, second, broken = new_race(), new_race(), new_race()
    runs = [
        run(1, {}),
        run(2, payload(first, "scratch", "Transfer")),
        run(3, payload(first, "scratch", "From scratch")),
        run(4, payload(first, "scratch", "Transfer"), RunState.RUNNING),
        run(5, payload(broken, "own", "alone")),
        run(6, payload(second, "freezing", "Frozen")),
        run(7, payload(second, "freezing", "Fine-tuned")),
        run(8, {"race": 3, "lane": []}),
    ]
    newest, oldest = races(list(reversed(runs)))
    assert (newest.id, oldest.id) == (second, first)
    assert oldest.title == "Transfer against From scratch"
    assert [one.number for one in oldest.lanes["Transfer"]] == [2, 4]
    assert [one.number for one in oldest.runs] == [2, 3, 4]
    assert newest.over and not oldest.over
    assert lane_of(runs[2].payload) == "From scratch" and lane_of(runs[0].payload) is None
