"""The score by label: sentences, confusion matrix, table, and curves for two labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.parts.components.cards import draw_cards
from pages.parts.frame.paging import choose_page
from pages.parts.frame.side_by_side import side_by_side
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.results.confusion import close_cell, draw_confusion
from pages.parts.results.label_table import draw_label_table
from pages.parts.run.scores import card_of
from tlcore.results.figures.score_figures import precision_recall_figure, roc_figure
from tlcore.results.score.evaluate import Evaluation, LabelScore, Prediction, cell

PAGE = 24
MOST_SENTENCES = 3
FLAT = {"displayModeBar": False}


def draw_by_label(
    evaluation: Evaluation, scored: list[Prediction], details: Mapping[str, Any] | None
) -> None:
    """Everything that goes by label, the sentences first."""
    for words in label_sentences(evaluation):
        st.markdown(f"- {words}")
    _draw_matrix(evaluation, scored)
    draw_label_table(evaluation)
    if details is not None:
        _draw_top(details["top"])
        _draw_curves(details["curves"], evaluation.labels)


def draw_pictures(scored: list[Prediction], labels: tuple[str, ...], size: int, key: str) -> None:
    """One page of pictures with their predictions."""
    page = choose_page(len(scored), size, key=f"{key}_page")
    cards = [card_of(example, labels) for example in scored[page]]
    draw_cards(cards, key=f"{key}_from_{page.start}")


def label_sentences(evaluation: Evaluation) -> list[str]:
    """Sentences on the weakest labels: how many pictures are found, how often it is right."""
    judged = [score for score in evaluation.per_label if score.pictures]
    weakest = sorted(judged, key=lambda score: (score.f1 or 0.0, -score.pictures))
    if all(score.f1 == 1 for score in judged):
        return ["Every label was found in all of its pictures, and never answered wrongly."]
    return [_sentence(score) for score in weakest[:MOST_SENTENCES] if score.f1 != 1]


def _sentence(score: LabelScore) -> str:
    name = markdown_text(shortened(score.label))
    if score.pictures == 1:
        recall = f"The one picture of **{name}** was {'found' if score.correct else 'not found'}."
    else:
        were = "was" if score.correct == 1 else "were"
        recall = f"Of the {score.pictures:,} pictures of **{name}**, {score.correct} {were} found."
    if score.precision is None:
        return f"{recall} It never answered “{name}”."
    times = "once" if score.predicted == 1 else count(score.predicted, "time")
    return f"{recall} It said “{name}” {times}, {_precision_words(score)}."


def _precision_words(score: LabelScore) -> str:
    """How many of its predictions of a label are right, to follow “It said … 3 times,”."""
    wrong = score.predicted - score.correct
    if not wrong:
        return {1: "rightly", 2: "both rightly"}.get(score.predicted, "all of them rightly")
    if score.predicted == 1:
        return "wrongly"
    return "each time wrongly" if wrong == score.predicted else f"and {wrong} of them wrongly"


def _draw_matrix(evaluation: Evaluation, scored: list[Prediction]) -> None:
    """The confusion matrix, and the pictures behind the open cell."""
    st.subheader("What was taken for what?", anchor=False)
    st.write(
        "Each row is what the pictures show, each column what was answered. Green is right, orange "
        "is a mistake. Click a number to see its pictures."
    )
    opened = draw_confusion(evaluation.confusion, evaluation.labels, key="confusion")
    if opened is None:
        return
    row, column = opened
    behind = cell(scored, row, column)
    if not behind:
        return
    truth, answer = (markdown_text(evaluation.labels[index]) for index in opened)
    words = f"**{truth}**, and found" if row == column else f"**{truth}**, taken for **{answer}**"
    with st.container(border=True, key="open_cell"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{words}: {count(len(behind), 'picture')}", width="stretch")
            st.button(
                "Close", icon=":material/close:", type="tertiary", on_click=close_cell,
                key="close_cell",
            )  # fmt: skip
        draw_pictures(behind, evaluation.labels, PAGE, f"cell_{row}_{column}")


def _draw_top(top: list[Mapping[str, Any]]) -> None:
    """Top-k accuracy, where there are many labels."""
    if not top:
        return
    st.subheader("Among its first few guesses", anchor=False)
    words = ", ".join(
        f"{100 * entry['share']:.0f} % among the first {entry['k']}"
        for entry in top
        if entry["k"] > 1
    )
    first = f"{100 * top[0]['share']:.0f} %"
    st.write(f"The right label is its first guess {first} of the time; {words}.")


def _draw_curves(curves: Mapping[str, Any] | None, labels: tuple[str, ...]) -> None:
    """ROC and precision–recall, which exist for two labels only."""
    if curves is None:
        return
    name = markdown_text(shortened(labels[1]))
    st.subheader("If you moved the line between the two", anchor=False)
    st.write(
        f"It answers “{name}” when that is the likelier of the two. You could be stricter or more "
        "lenient; these curves show what each choice would give."
    )
    roc, precision_recall = curves["roc"], curves["precision_recall"]
    left, right = side_by_side(2)
    with left:
        st.plotly_chart(roc_figure(roc, labels[1], key="roc"), key="roc", config=FLAT)
        st.caption(f"ROC. The area under it is {roc['area']:.3f}; guessing gives 0.5.")
    with right:
        figure = precision_recall_figure(precision_recall, labels[1], key="precision_recall")
        st.plotly_chart(figure, key="precision_recall", config=FLAT)
        st.caption(
            f"Precision and recall. Average precision {precision_recall['area']:.3f}; guessing "
            f"gives {precision_recall['share']:.2f}."
        )
