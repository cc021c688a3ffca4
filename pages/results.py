"""The results page: how good it is, and where it is wrong."""

from __future__ import annotations

import streamlit as st

from pages.parts.cards import draw_cards
from pages.parts.confusion import close_cell, draw_confusion
from pages.parts.errors import shown_errors
from pages.parts.label_table import draw_label_table
from pages.parts.project import require_project
from pages.parts.run_choice import choose_run
from pages.parts.scores import card_of, predictions_of
from pages.parts.steps import next_step
from pages.parts.text import count, markdown_text
from pages.parts.verdict import draw_verdict
from tlcore.images.split import LEAST_FOR_TEST
from tlcore.results.evaluate import Evaluation, Scored, cell
from tlcore.results.predictions import Predictions
from tlcore.workspace.records import Split

PAGE = 24
MISTAKES = 8
TEST_WORDS = "on test pictures, which it never saw while it learned"
VALIDATION_WORDS = "on validation pictures, which helped to choose the best epoch"


def draw_no_test() -> None:
    """Say that the score flatters, why, and how to get an honest one."""
    st.warning(
        "**This score flatters.** There are no test pictures. These pictures were used to choose "
        "the best moment of training, so it is better on them than it will be on new ones. "
        f"To get an honest score, add pictures until a label has at least {LEAST_FOR_TEST} that "
        "differ clearly, or choose some for the test yourself, and train again.",
        icon=":material/warning:",
    )
    st.page_link("images.py", label="Add pictures", icon=":material/photo_library:")


def draw_pictures(scored: list[Scored], labels: tuple[str, ...], size: int, key: str) -> None:
    """One page of pictures with what was said about them."""
    pages = -(-len(scored) // size)
    page = st.pagination(pages, key=f"{key}_page_{pages}") if pages > 1 else 1
    shown = scored[(page - 1) * size : page * size]
    draw_cards([card_of(one, labels) for one in shown], key=f"{key}_{page}")


def draw_matrix(found: Evaluation, scored: list[Scored]) -> None:
    """The confusion matrix, and the pictures behind the open cell."""
    st.subheader("What was taken for what?", anchor=False)
    st.write(
        "Each row is what the pictures show, each column what was answered. Green is right, orange "
        "is a mistake. Click a number to see its pictures."
    )
    opened = draw_confusion(found.confusion, found.labels, key="confusion")
    if opened is None:
        return
    row, column = opened
    behind = cell(scored, row, column)
    if not behind:
        return
    truth, answer = (markdown_text(found.labels[index]) for index in opened)
    words = f"**{truth}**, and found" if row == column else f"**{truth}**, taken for **{answer}**"
    with st.container(border=True, key="open_cell"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{words}: {count(len(behind), 'picture')}", width="stretch")
            st.button(
                "Close", icon=":material/close:", type="tertiary", on_click=close_cell,
                key="close_cell",
            )  # fmt: skip
        draw_pictures(behind, found.labels, PAGE, f"cell_{row}_{column}")


def draw_mistakes(found: Evaluation) -> None:
    """The mistakes, those it was surest of first."""
    st.subheader("Its surest mistakes", anchor=False)
    if not found.mistakes:
        st.write("It made none on these pictures.")
        return
    st.write(
        "Where it was sure and wrong, look closely: the label may be wrong, the picture unclear, "
        "or something in the background misleads it."
    )
    draw_pictures(list(found.mistakes), found.labels, MISTAKES, "mistakes")


def draw_result(predictions: Predictions) -> None:
    """Everything about the test split, or about validation where there is no test split."""
    test = predictions.evaluation(Split.TEST)
    found = test or predictions.evaluation(Split.VALIDATION)
    if found is None:
        st.info("There were no pictures to score it on. Add pictures, and train again.")
        return
    scored = predictions.of(Split.TEST if test else Split.VALIDATION)
    draw_verdict(found, TEST_WORDS if test else VALIDATION_WORDS, key="verdict")
    if test is None:
        draw_no_test()
    draw_matrix(found, scored)
    draw_mistakes(found)
    draw_label_table(found)


project = require_project()
st.title("How good is it, and where is it wrong?", anchor=False)
chosen = choose_run(project)
with shown_errors():
    draw_result(predictions_of(chosen))
next_step("try_it.py")
