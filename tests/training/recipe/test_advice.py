"""The advice follows what was measured: depth, pictures, distance and time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tlcore.quality.probe.measured import Distance, StageProbe, StagesProbe
from tlcore.training.recipe.advice import depth_profile, estimated_seconds, recipe_for, recommend
from tlcore.training.recipe.phases import phases_of
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, strategy_of

NAMES = ("edges", "textures", "patterns", "parts", "objects")


def probe(
    *accuracies: float, training: int = 250, labels: int = 5, error: float = 0.02,
    gain_error: float = 0.015, each: float = 0.002, distance: Distance | None = None,
) -> StagesProbe:  # fmt: skip
    best = max(range(len(accuracies)), key=lambda index: (accuracies[index], index))
    stages = zip(NAMES[: len(accuracies)], accuracies, strict=True)
    return StagesProbe(
        backbone="test_resnet", fingerprint="f", pictures=300, labels=labels, training=training,
        checking=training // 5, smallest=training // labels, commonest=1 / labels,
        stages=tuple(StageProbe(n, n.capitalize(), a, error, each) for n, a in stages),
        best=best, gain=accuracies[best] - accuracies[-1], gain_error=gain_error,
        decoding=0.001, distance=distance,
    )  # fmt: skip


RISING = probe(0.5, 0.6, 0.65, 0.7, 0.8)
EARLIER = probe(0.5, 0.6, 0.7, 0.85, 0.78)
FAR = Distance("far", 3.1, "photographs", ("bee",))


def test_the_profile_of_the_curve() -> None:
    assert depth_profile(RISING) == "last"
    assert depth_profile(EARLIER) == "earlier"
    assert depth_profile(probe(0.5, 0.6, 0.7, 0.8, 0.81)) == "level"
    assert depth_profile(probe(0.5, 0.6, 0.7, 0.81, 0.80)) == "level", "within chance"


def test_what_stands_above_the_best_stage_adapts() -> None:
    advice = recommend(EARLIER)
    assert advice.strategy == "last"
    assert "Parts" in advice.why[0] and "7 points" in advice.why[0]
    deep = recommend(probe(0.5, 0.85, 0.8, 0.8, 0.78))
    assert deep.strategy == "two_phase" and "Textures" in deep.why[0]


def test_far_pictures_ask_for_more_unless_the_last_stage_is_the_best() -> None:
    level = probe(0.5, 0.6, 0.7, 0.8, 0.8)
    assert recommend(level).strategy == "last"
    assert recommend(replace(level, distance=FAR)).strategy == "two_phase"
    assert recommend(replace(EARLIER, distance=FAR)).strategy == "two_phase"
    assert recommend(replace(RISING, distance=FAR)).strategy == "last"


def test_few_pictures_and_perfect_probes_stay_frozen() -> None:
    assert recommend(replace(EARLIER, training=30)).strategy == "frozen"
    perfect = probe(0.7, 0.8, 0.9, 0.97, 0.99)
    assert recommend(perfect).strategy == "frozen"
    few = replace(perfect, pictures=60)
    assert recommend(few).strategy != "frozen", "59 of 60 right may well be 91 %"
    assert "it may be 92%" in recommend(few).why[0]
    assert "20% are left to gain" in recommend(RISING).why[0]


def test_what_takes_too_long_gives_way_and_the_reason_is_given() -> None:
    slow = probe(0.5, 0.85, 0.8, 0.8, 0.78, each=0.2)
    advice = recommend(slow)
    assert advice.strategy != "two_phase"
    assert any("minutes" in words for words in advice.why)
    assert advice.seconds["two_phase"] > advice.seconds[advice.strategy]


def test_every_advice_is_a_strategy_with_reasons() -> None:
    for measured in (RISING, EARLIER, replace(RISING, distance=FAR), probe(0.9, 0.9, 0.99)):
        advice = recommend(measured)
        assert advice.strategy in STRATEGIES
        assert len(advice.why) >= 2 and all(words.endswith(".") for words in advice.why)


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_the_ready_recipe_follows_its_strategy(strategy: str) -> None:
    recipe = recipe_for(strategy, "test_resnet", NAMES, 250)
    assert strategy_of(recipe) == strategy
    assert phases_of(recipe, NAMES)


def test_presets_stay_presets() -> None:
    assert recipe_for("frozen", "test_resnet", NAMES, 250) == preset("quick", "test_resnet", 250)
    assert recipe_for("gradual", "test_resnet", NAMES, 250).preset == "thorough"


def test_seconds_count_what_is_computed() -> None:
    measured = probe(0.5, 0.6, 0.7, 0.8, 0.9)
    head = Recipe(backbone="test_resnet", learning="head", epochs=10)
    everything = head.with_changes(learning="all")
    last = head.with_changes(learning="last")
    looks = 250 + 50
    assert estimated_seconds(head, measured, 250, 50) == pytest.approx(looks * (5 * 0.002 + 0.001))
    epoch = 250 * 3 * 0.002 + 50 * 0.002
    once = looks * (4 * 0.002 + 0.001)
    assert estimated_seconds(last, measured, 250, 50) == pytest.approx(once + 10 * epoch)
    ordered = [estimated_seconds(recipe, measured, 250, 50) for recipe in (head, last, everything)]
    assert ordered == sorted(ordered)


def test_what_was_measured_survives_json() -> None:
    measured = replace(EARLIER, distance=FAR)
    assert StagesProbe.from_json(measured.to_json()) == measured
