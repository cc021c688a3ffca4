"""The recipe: ranges, words for what learns, phases, and the trip through JSON."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.errors import RecipeRefused
from tlcore.training.recipe.phases import phases_of, resolve_learning
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.recipe import Recipe

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
    layer_decay=st.floats(0.01, 1),
    unfreezing=st.sampled_from(["at_once", "gradual"]),
    optimizer=st.sampled_from(["adamw", "sgd"]),
    schedule=st.sampled_from(["cosine", "constant"]),
    warm_up=st.floats(0, 0.5),
    dropout=st.floats(0, 0.95),
    label_smoothing=st.floats(0, 0.5),
    hidden=st.lists(st.integers(1, 8192), max_size=2).map(tuple),
    head=st.sampled_from(["linear", "cosine"]),
    moving_statistics=st.sampled_from([None, True, False]),
    views=st.integers(1, 64),
    flips=st.booleans(),
    turn=st.floats(0, 180),
    erasing=st.floats(0, 1),
    mixup=st.floats(0, 2),
    seed=st.integers(0, 2**31 - 1),
)


@given(recipes)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    assert Recipe.read(json.loads(json.dumps(recipe.to_json()))) == recipe


@given(recipes)
def test_phases_hold_all_epochs_and_end_with_what_was_asked(recipe: Recipe) -> None:
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


@pytest.mark.parametrize(
    ("stages", "learning"),
    [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2), (7, 3), (12, 4)],
)
def test_the_upper_third_of_the_stages(stages: int, learning: int) -> None:
    pattern = resolve_learning("upper", [str(number) for number in range(stages)])
    assert pattern == (*(False,) * (stages - learning), *(True,) * learning)


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(RecipeRefused, match="quick"):
        preset("slow", "resnet18", 10)
