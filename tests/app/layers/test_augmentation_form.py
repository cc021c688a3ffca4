"""The questions about changes: what is answered is in the draft, and the preview shows it."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.draft.draft import draft_recipe, keep_recipe, may_be_mirrored, with_strategy
from pages.parts.frame.services import Services
from pages.parts.layers.augmentation_form import answers_words, views_words
from pages.parts.layers.preview import preview_examples
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.training.data.augmentation_questions import MIXING, QUESTIONS, SUBJECTS, VIEWS
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project, Split


def script(project_id: str) -> None:
    from pages.parts.draft.draft import draft_recipe
    from pages.parts.frame.services import services
    from pages.parts.layers.augmentation_form import draw_augmentation_form

    project = services().workspace.projects.get(project_id)
    draw_augmentation_form(project, draft_recipe(project, 30), 30)


@pytest.fixture
def form(graft: Services, project: Project) -> AppTest:
    app = AppTest.from_function(script, default_timeout=60, args=(project.id,)).run()
    assert not app.exception
    return app


def control(app: AppTest, label: str) -> Any:
    return next(group for group in app.button_group if group.label == label)


def stored(graft: Services, project: Project) -> Recipe:
    return draft_recipe(graft.workspace.projects.get(project.id), 30)


def test_every_question_is_shown_and_none_is_answered_at_first(form: AppTest) -> None:
    labels = [group.label for group in form.button_group]
    assert labels[0] == "What are your pictures?"
    for question in (*QUESTIONS, *MIXING):
        assert control(form, question.words).value == "No"
        assert labels.count(question.words) == 1
    assert any("as it is" in caption.value for caption in form.caption)


def test_an_answer_is_kept_with_its_views_and_taken_back(
    form: AppTest, graft: Services, project: Project
) -> None:
    control(form, QUESTIONS[0].words).set_value("Yes").run()
    assert not form.exception
    recipe = stored(graft, project)
    assert recipe.flips and recipe.views == VIEWS and recipe.preset == "custom"
    assert any(QUESTIONS[0].never in caption.value for caption in form.caption)
    assert form.select_slider[0].value == VIEWS
    form.select_slider[0].set_value(8).run()
    assert stored(graft, project).views == 8
    control(form, QUESTIONS[0].words).set_value("No").run()
    assert stored(graft, project).preset == "quick", "back at what the preset says"


def test_a_domain_answers_all_questions(form: AppTest, graft: Services, project: Project) -> None:
    control(form, "What are your pictures?").set_value("above").run()
    assert not form.exception
    recipe = stored(graft, project)
    assert {s: getattr(recipe, s) for s in SUBJECTS["above"].settings} == SUBJECTS["above"].settings
    assert control(form, QUESTIONS[2].words).value == "Any angle"
    control(form, MIXING[0].words).set_value("Gently").run()
    assert not form.exception
    assert stored(graft, project).mixup == 0.2
    assert any("60 %" in caption.value for caption in form.caption)


def test_the_page_shows_where_the_answers_come_from(graft: Services, project: Project) -> None:
    """The ways that Graft offers answer for the user: those are not “your own answers”."""
    for name, words in (("balanced", "set for you"), ("thorough", "set for you")):
        recipe = preset(name, draft_recipe(project, 30).backbone, 30)
        stored = recipe.to_json()
        graft.workspace.projects.choose(project.id, backbone=recipe.backbone, recipe=stored)
        app = AppTest.from_function(script, default_timeout=60, args=(project.id,)).run()
        assert not app.exception
        assert any(words in caption.value for caption in app.caption)
        assert not any("Your own" in caption.value for caption in app.caption)
        own = recipe.with_changes(preset="custom", patience=3)
        assert words in answers_words(own, 30), "other settings are no answers"
        assert "Your own" in answers_words(own.with_changes(turn=20.0), 30)


def test_a_value_between_the_answers_is_shown(graft: Services, project: Project) -> None:
    recipe = draft_recipe(project, 30).with_changes(preset="custom", turn=20.0, views=3)
    graft.workspace.projects.choose(project.id, backbone=recipe.backbone, recipe=recipe.to_json())
    app = AppTest.from_function(script, default_timeout=60, args=(project.id,)).run()
    assert not app.exception
    assert control(app, QUESTIONS[2].words).value == "20"
    assert app.select_slider[0].value == 3


def test_the_preview_takes_training_pictures_of_every_label(
    graft: Services, project: Project
) -> None:
    first = preview_examples(project)
    assert {example.label for example in first} == {"dark", "bright"}
    assert first == preview_examples(project) != preview_examples(project, 1)
    learned = {
        example.picture for example in graft.workspace.examples.list(project.id, split=Split.TRAIN)
    }
    assert {
        example.picture for turn in range(9) for example in preview_examples(project, turn)
    } <= learned


def test_the_words_about_views_count_looks() -> None:
    recipe = Recipe(backbone="x", flips=True, views=4, epochs=20)
    assert "120 pictures instead of 30" in views_words(recipe, 30)
    short = recipe.with_changes(epochs=2)
    assert "60 pictures instead of 30" in views_words(short, 30)
    assert "new view" in views_words(recipe.with_changes(learning="all"), 30)
    lowest = recipe.with_changes(learning=(True, False, True))
    assert "lowest stage learns" in views_words(lowest, 30)
    assert "kept" in views_words(recipe.with_changes(learning=(False, True, True)), 30)


def test_who_says_that_nothing_may_be_mirrored_is_heard_by_every_preset(
    form: AppTest, graft: Services, project: Project
) -> None:
    keep_recipe(project, preset("balanced", DEFAULT_BACKBONE, 30))
    assert stored(graft, project).flips, "nobody has answered yet"
    form.run()
    control(form, QUESTIONS[0].words).set_value("No").run()
    for name in PRESETS:
        keep_recipe(project, preset(name, DEFAULT_BACKBONE, 30))
        assert (stored(graft, project).preset, stored(graft, project).flips) == (name, False)
    form.run()
    control(form, QUESTIONS[0].words).set_value("Yes").run()
    keep_recipe(project, preset("balanced", DEFAULT_BACKBONE, 30))
    assert stored(graft, project).flips


def test_digits_and_letters_are_not_mirrored_by_default(graft: Services) -> None:
    made = graft.workspace.projects.create("Letters")
    question = graft.workspace.labels.question(made.id)
    for name in ("b", "d"):
        graft.workspace.labels.add(question.id, name)
    assert not may_be_mirrored(made)
    names = ("edges", "textures", "parts", "objects", "scenes")
    keep_recipe(made, with_strategy(draft_recipe(made, 30), "last", names, 30))
    last = stored(graft, made)
    assert (last.preset, last.flips, last.crops) == ("balanced", False, True)
    keep_recipe(made, with_strategy(last, "gradual", names, 30))
    gradual = stored(graft, made)
    assert (gradual.preset, gradual.flips) == ("thorough", False)
    graft.workspace.labels.add(question.id, "neither")
    assert may_be_mirrored(made)
