"""The layers page: the words for a choice, and the choice kept in step with the recipe."""

from __future__ import annotations

from typing import Any

import pytest

from pages.parts.draft.draft import (
    draft_recipe,
    keep_recipe,
    with_learning,
    with_settings,
    with_strategy,
)
from pages.parts.draft.network_words import (
    NetworkShape,
    gap_note,
    head_parameters,
    meaning,
    share_words,
    size_words,
    warning,
)
from pages.parts.frame.services import Services
from pages.parts.layers.schedule import (
    rate_words,
    rates_from_the_top,
    schedule_words,
    spans,
    strength,
)
from tests.app.conftest import OpenPage
from tlcore.training.recipe.phases import phases_of
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.strategies import STRATEGIES, strategy_of
from tlcore.workspace.records import Project

NETWORK = NetworkShape((10_000, 90_000, 900_000), 1_000)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (850, "850"),
        (2_565, "2.6 thousand"),
        (11_000, "11 thousand"),
        (4_900_000, "4.9 million"),
        (999_900, "1.0 million"),
        (138_000_000, "138 million"),
    ],
)
def test_sizes_in_words(number: int, words: str) -> None:
    assert size_words(number) == words


def test_the_share_that_learns() -> None:
    assert NETWORK.learning((False, False, False)) == 1_000
    assert share_words(NETWORK, (False, False, False)).startswith("0.1 % of 1.0 million")
    assert share_words(NETWORK, (False, False, True)).startswith("90 % of")
    assert share_words(NETWORK, (True, True, True)).startswith("All 1.0 million")


def test_head_parameters_count_weights_and_biases() -> None:
    assert head_parameters(512, 5, (), "linear") == 512 * 5 + 5
    assert head_parameters(512, 5, (64,), "linear") == 512 * 64 + 64 + 64 * 5 + 5
    two = 512 * 64 + 64 + 64 * 32 + 32
    assert head_parameters(512, 5, (64, 32), "linear") == two + 32 * 5 + 5
    assert head_parameters(512, 5, (), "cosine") == 512 * 5 + 1


def test_much_learning_from_few_pictures_is_warned_of() -> None:
    everything = (True, True, True)
    assert warning(NETWORK, everything, 20, 2) is not None
    assert warning(NETWORK, everything, 2_000, 2) is None
    assert warning(NETWORK, (False, False, False), 20, 2) is None


def test_each_choice_has_its_meaning() -> None:
    choices = [(False,) * 3, (False, False, True), (True,) * 3]
    meanings = {meaning(choice) for choice in choices} | {meaning((True,) * 3, gradual=True)}
    assert len(meanings) == 4


def test_a_gap_is_mentioned() -> None:
    assert gap_note((False, True, False)) is not None
    assert gap_note((False, False, True)) is None
    assert gap_note((False, False, False)) is None


def test_the_page_draws_the_network_and_what_is_chosen(
    open_page: OpenPage, project: Project
) -> None:
    page = open_page("layers.py", project)
    assert not page.exception
    assert page.title[0].value == "What stays frozen, what learns?"
    assert any("will learn" in markdown.value for markdown in page.markdown)
    keep_recipe(project, draft_recipe(project, 30).with_changes(preset="custom", learning="all"))
    page.run()
    assert not page.exception
    assert any("All " in markdown.value for markdown in page.markdown)
    assert "by heart" in page.warning[0].value


def test_drawers_change_the_draft(open_page: OpenPage, project: Project, graft: Services) -> None:
    def stored() -> dict[str, Any]:
        recipe: dict[str, Any] = graft.workspace.projects.get(project.id).choices["recipe"]
        return recipe

    page = open_page("layers.py", project)
    for drawer in ("head", "brakes", "rates"):
        page.session_state[f"drawer_{drawer}"] = True
    page.run()
    page.selectbox(key=f"recipe_hidden_{project.id}").set_value(64).run()
    assert stored()["hidden"] == [64] and stored()["preset"] == "custom"
    page.selectbox(key=f"recipe_hidden_2_{project.id}").set_value(128).run()
    assert stored()["hidden"] == [64, 128]
    page.slider(key=f"recipe_label_smoothing_{project.id}").set_value(0.1).run()
    page.selectbox(key=f"recipe_optimizer_{project.id}").set_value("sgd").run()
    page.select_slider(key=f"recipe_head_rate_{project.id}").set_value(0.01).run()
    assert not page.exception
    recipe = stored()
    assert (recipe["label_smoothing"], recipe["optimizer"], recipe["head_rate"]) == (
        0.1,
        "sgd",
        0.01,
    )
    page.selectbox(key=f"recipe_hidden_{project.id}").set_value(0).run()
    assert stored()["hidden"] == []


STAGES = ("edges", "textures", "parts", "objects", "scenes", "summary")


def test_an_untouched_draft_takes_the_defaults_of_each_strategy() -> None:
    recipe = preset("quick", "resnet18", 100)
    for strategy, wanted in (("last", "balanced"), ("gradual", "thorough"), ("frozen", "quick")):
        recipe = with_strategy(recipe, strategy, STAGES, 100)
        assert (recipe.preset, strategy_of(recipe)) == (wanted, strategy)
    for strategy in STRATEGIES:
        recipe = with_strategy(recipe, strategy, STAGES, 100)
        assert strategy_of(recipe) == strategy
    assert with_strategy(recipe, "frozen", STAGES, 100).preset == "quick"


def test_what_somebody_chose_stays_when_the_strategy_changes() -> None:
    recipe = with_settings(preset("quick", "resnet18", 100), 100, dropout=0.7, epochs=11)
    for strategy in STRATEGIES:
        recipe = with_strategy(recipe, strategy, STAGES, 100)
        assert (recipe.dropout, recipe.epochs) == (0.7, 11)
        assert (strategy_of(recipe), recipe.preset) == (strategy, "custom")


def test_a_toggled_stage_changes_only_what_learns() -> None:
    quick = preset("quick", "resnet18", 100)
    upper = with_learning(quick, (False,) * 4 + (True,) * 2, 100)
    assert upper == preset("balanced", "resnet18", 100)
    last = with_learning(upper, (False,) * 5 + (True,), 100)
    assert (last.learning, last.preset) == ("last", "custom")
    assert with_learning(upper, (False,) * 6, 100) == quick
    assert with_learning(last, (False,) * 6, 100) == quick, "one stage off, then the other"
    middle = with_learning(last, (False, True, False, False, False, True), 100)
    assert middle.learning == (False, True, False, False, False, True)
    assert strategy_of(middle) is None
    thorough = preset("thorough", "resnet18", 100)
    fewer = with_learning(thorough, (False, *(True,) * 5), 100)
    assert fewer.unfreezing == "gradual" and fewer.epochs == thorough.epochs


def test_the_schedule_says_who_learns_when_and_how_fast() -> None:
    phases = phases_of(preset("balanced", "resnet18", 100), STAGES)
    assert spans(phases) == ["Epochs 1–6", "Epochs 7–20"]
    assert rates_from_the_top(phases[1]) == [0.0005, 0.0003, 0.00015, 0, 0, 0, 0]
    titles = [name.capitalize() for name in STAGES]
    assert schedule_words(phases, titles) == (
        "Epochs 1–6: new head at 0.001 learns; 6 stages frozen. "
        "Epochs 7–20: new head at 0.0005, Summary at 0.0003, Scenes at 0.00015 learn; "
        "4 stages frozen."
    )


@pytest.mark.parametrize(
    ("rate", "words"),
    [(0.001, "0.001"), (0.0000648, "0.000065"), (1.25, "1.2"), (12.0, "12"), (0.0, "0")],
)
def test_rates_are_shown_without_exponents(rate: float, words: str) -> None:
    assert rate_words(rate) == words


def test_larger_rates_are_painted_fuller() -> None:
    painted = [strength(rate) for rate in (0.0, 1e-9, 1e-6, 1e-4, 1e-3, 1.0)]
    assert painted == sorted(painted)
    assert painted[0] == 0 and painted[1] == painted[2] == 0.25 and painted[-1] == 1
