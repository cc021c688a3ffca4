"""Every change of pictures has its question, answers and warning, and they fit the recipe."""

from __future__ import annotations

import argparse

import pytest

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.commands.train import recipe_of
from tlcore.training.data.augmentation import KINDS
from tlcore.training.data.augmentation_questions import (
    MIXING,
    QUESTIONS,
    SUBJECTS,
    VIEWS,
    AugmentationQuestion,
    of_subject,
    subject_of,
    with_answer,
    with_views,
)
from tlcore.training.recipe.presets import preset
from tlcore.training.recipe.recipe import Recipe

PLAIN = Recipe(backbone="x")


def test_every_change_is_asked_about_once() -> None:
    assert sorted(question.setting for question in QUESTIONS) == sorted(KINDS)
    assert [question.setting for question in MIXING] == ["mixup", "cutmix"]


@pytest.mark.parametrize("question", [*QUESTIONS, *MIXING], ids=lambda question: question.setting)
def test_answers_are_values_of_the_recipe_and_no_comes_first(
    question: AugmentationQuestion,
) -> None:
    assert question.words.endswith("?") and question.good.endswith(".")
    assert question.never.endswith(".")
    words = list(question.answers)
    assert words[0] == "No"
    assert question.answers["No"] == getattr(PLAIN, question.setting)
    for answer, value in question.answers.items():
        recipe = PLAIN.with_changes(**with_answer(PLAIN, question.setting, value))
        assert question.answer(getattr(recipe, question.setting)) == answer
    assert question.answer(0.123) is None


def test_views_come_with_the_first_change_and_go_with_the_last() -> None:
    mirrored = PLAIN.with_changes(**with_answer(PLAIN, "flips", True))
    assert mirrored.views == VIEWS and mirrored.augmented
    own = mirrored.with_changes(views=7)
    both = own.with_changes(**with_answer(own, "turn", 10.0))
    assert both.views == 7
    mirrored_back = both.with_changes(**with_answer(both, "flips", False))
    assert mirrored_back.views == 7 and mirrored_back.augmented
    plain = mirrored_back.with_changes(**with_answer(mirrored_back, "turn", 0.0))
    assert plain == PLAIN
    assert PLAIN.with_changes(**with_answer(PLAIN, "mixup", 0.2)).views == 1


def test_domains_are_whole_sets_of_answers() -> None:
    titles = {question.setting: question for question in QUESTIONS}
    for name, subject in SUBJECTS.items():
        recipe = PLAIN.with_changes(**of_subject(PLAIN.with_changes(erasing=0.3, mixup=0.2), name))
        assert subject_of(recipe) == name
        for setting, value in subject.settings.items():
            assert titles[setting].answer(value) is not None, f"{name}: no such answer"
    assert subject_of(PLAIN) == "none"
    assert subject_of(PLAIN.with_changes(flips=True)) is None


def test_letters_are_never_mirrored_and_microscopes_may_turn() -> None:
    for name in ("writing", "scans"):
        assert not {"flips", "flips_vertical"} & set(SUBJECTS[name].settings)
    assert SUBJECTS["above"].settings["turn"] == 180.0


def test_changes_of_pixels_bring_their_views_unless_these_were_chosen() -> None:
    quick, mirrored = preset("quick", "a", 100), {"preset": "custom", "flips": True}
    assert with_views(quick, quick.with_changes(**mirrored), chosen=False).views == VIEWS
    two = quick.with_changes(**mirrored, views=2)
    assert with_views(quick, two, chosen=True) == two
    balanced = preset("balanced", "a", 100)
    plain = balanced.with_changes(preset="custom", flips=False, crops=False)
    assert with_views(balanced, plain, chosen=False).views == 1
    assert with_views(balanced, balanced, chosen=False) == balanced


def test_the_command_line_shows_the_changes_that_it_is_asked_for() -> None:
    arguments = argparse.Namespace(preset="quick", backbone=DEFAULT_BACKBONE, seed=0, epochs=None,
                               strategy=None, learn=None, set=[("flips", True)])  # fmt: skip
    recipe = recipe_of(arguments, 100)
    assert recipe.flips and recipe.views == VIEWS
    arguments.set = [("flips", True), ("views", 3)]
    assert recipe_of(arguments, 100).views == 3
