"""Augmentation: a question about the pictures for each change, with a preview of the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.parts.draft.draft import keep_mirrored, keep_recipe, with_settings
from pages.parts.frame.text import count
from pages.parts.layers.preview import blend_words, draw_blends, draw_views, preview_examples
from tlcore.training.data.augmentation import KINDS, Augmentation
from tlcore.training.data.augmentation_questions import (
    MIXING,
    QUESTIONS,
    SUBJECTS,
    VIEW_CHOICES,
    AugmentationQuestion,
    Value,
    of_subject,
    subject_of,
    with_answer,
)
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project

WHY = (
    "A network that sees each picture in several changed versions learns what does not matter. "
    "Only you know what that is: a mirrored cat is a cat, a mirrored letter is another letter."
)
OTHERS = "Show other pictures"
FORM_WIDTH = 335  # pixels: the longest answers in one row; both fit beside the sidebar at 1280
PREVIEW_WIDTH = 400


def draw_augmentation_form(project: Project, recipe: Recipe, pictures: int) -> None:
    """Draw questions and preview; each answer is stored in the project's draft at once.

    `pictures` is the number of training pictures.
    """
    form = _Form(project, recipe, pictures)
    st.write(WHY)
    _draw_domains(form)
    side_by_side = st.container(horizontal=True, gap="medium")  # below one another where narrow
    with side_by_side.container(width=FORM_WIDTH):
        for question in QUESTIONS:
            _draw_question(form, question)
    with side_by_side.container(width=PREVIEW_WIDTH):
        _draw_preview(form)
        _draw_views(form)
        _draw_blending(form)


class _Form:
    """Ties widgets to settings: shows the stored value, stores the chosen one."""

    def __init__(self, project: Project, recipe: Recipe, pictures: int) -> None:
        self.project, self.recipe, self.pictures = project, recipe, pictures

    def key(self, name: str) -> str:
        return f"augment_{name}_{self.project.id}"

    def store(self, changes: dict[str, Any]) -> None:
        if "flips" in changes:
            keep_mirrored(self.project, bool(changes["flips"]))
        keep_recipe(self.project, with_settings(self.recipe, self.pictures, **changes))

    def tie(
        self, name: str, shown: object, changes: Callable[[Any], dict[str, Any] | None]
    ) -> dict[str, Any]:
        """`key` and `on_change` of a widget that shows `shown`; `changes` reads what was chosen."""
        key = self.key(name)
        st.session_state[key] = shown

        def keep() -> None:
            if settings := changes(st.session_state[key]):
                self.store(settings)

        return {"key": key, "on_change": keep}


def _draw_domains(form: _Form) -> None:
    name = subject_of(form.recipe)
    st.segmented_control(
        "What are your pictures?",
        list(SUBJECTS),
        format_func=lambda subject: SUBJECTS[subject].title,
        help="A start: it answers the questions below as experts in such pictures would.",
        **form.tie(
            "domain", name, lambda subject: of_subject(form.recipe, subject) if subject else None
        ),
    )
    st.caption(SUBJECTS[name].words if name else answers_words(form.recipe, form.pictures))


def answers_words(recipe: Recipe, pictures: int) -> str:
    """Where answers come from that fit no kind of pictures: the preset, or the visitor."""
    settings = {kind: getattr(recipe, kind) for kind in KINDS}
    defaults = [preset(name, recipe.backbone, pictures) for name in PRESETS]
    if any(settings == {kind: getattr(default, kind) for kind in KINDS} for default in defaults):
        return "The answers below are set for you. Choose a kind, or change any of them."
    return "Your own answers."


def _draw_question(form: _Form, question: AugmentationQuestion) -> None:
    value: Value = getattr(form.recipe, question.setting)
    answers = dict(question.answers)
    if question.answer(value) is None:  # set elsewhere, to something between the answers
        answers[f"{value:g}"] = value
    shown = next(words for words, setting in answers.items() if setting == value)
    st.segmented_control(
        question.words,
        list(answers),
        required=True,
        help=f"Right for: {question.good}\n\nWrong for: {question.never}",
        **form.tie(
            question.setting,
            shown,
            lambda words: with_answer(form.recipe, question.setting, answers[words]),
        ),
    )
    if value:
        st.caption(f"Wrong for: {question.never}")


def _draw_preview(form: _Form) -> None:
    """Some of the project's pictures, with the views of them that training will see."""
    key = form.key("others_seen")
    turn = st.session_state.setdefault(key, 0)
    shown = preview_examples(form.project, turn)
    augmentation = Augmentation.of(form.recipe)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**What training will see**")
        st.button(
            OTHERS,
            icon=":material/refresh:",
            type="tertiary",
            key=form.key("others"),
            on_click=lambda: st.session_state.update({key: turn + 1}),
        )
    draw_views(shown, augmentation, form.recipe.views, key=form.key("preview"))
    if augmentation.active:
        st.caption("If you yourself could not answer for one of these, take that change back.")
    else:
        st.caption("Nothing is changed: training sees each picture as it is.")


def _draw_views(form: _Form) -> None:
    """How many views of each picture, with their cost."""
    recipe = form.recipe
    if not recipe.augmented:
        return
    st.select_slider(
        "Views of each picture",
        sorted({*VIEW_CHOICES, recipe.views}),
        help="Each epoch sees every picture in one of its views, in turn. One of them is the "
        "picture as it is.",
        **form.tie("views", recipe.views, lambda views: {"views": views}),
    )
    st.caption(views_words(recipe, form.pictures))


def views_words(recipe: Recipe, pictures: int) -> str:
    """What the views of `pictures` training pictures cost, in a sentence or two."""
    if _lowest_learns(recipe) and recipe.unfreezing == "at_once":
        who = "Everything" if recipe.learning == "all" else "The lowest stage"
        return f"{who} learns, so after the head's own epochs each epoch sees a new view."
    looks = min(recipe.views, recipe.epochs)
    return (
        f"The frozen stages look at {count(looks * pictures, 'picture')} instead of "
        f"{pictures:,}, in the first {count(looks, 'epoch')} with changed views. What they say is "
        "kept, so later epochs and later runs cost no more."
    )


def _lowest_learns(recipe: Recipe) -> bool:
    """Whether the lowest stage learns in the end, so that no features can be cached."""
    if isinstance(recipe.learning, str):
        return recipe.learning in ("all", "from:1")
    return recipe.learning[:1] == (True,)


def _draw_blending(form: _Form) -> None:
    """Mixup and CutMix, which the page calls blending; rarely the first thing to try."""
    active = [question for question in MIXING if getattr(form.recipe, question.setting)]
    with st.container(border=True):
        st.markdown("**Blend two pictures**")
        for question in MIXING:
            _draw_question(form, question)
        if not active:
            return
        shown = preview_examples(form.project, st.session_state.get(form.key("others_seen"), 0), 2)
        recipe = form.recipe
        draw_blends(shown, mixup=recipe.mixup > 0, cutmix=recipe.cutmix > 0, key=form.key("blends"))
        answer = f" (here {blend_words(shown[0], shown[1])})" if len(shown) == 2 else ""
        st.caption(
            f"The answer is blended in the same shares{answer}. Where stages are frozen, what they "
            "say about the two pictures is blended instead of the pictures themselves."
        )
