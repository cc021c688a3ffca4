"""What was said about new pictures: one with its bars, many as a table with its download."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts.components.bars import draw_bars
from pages.parts.components.cards import Card, draw_cards, draw_picture
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.try_it.predictions import Answer, Answers, Refusal
from pages.parts.try_it.spreadsheet import csv_bytes
from pages.parts.try_it.unfamiliar import WORDS
from tlcore.results.figures.figures import percent

PAGE = 24
OPEN_UP_TO = 8


def draw_answers(answers: Answers, *, key: str) -> None:
    """Everything about one set of pictures: the answers first, then the files left out."""
    if len(answers.answered) == 1:
        draw_one(answers.labels, answers.answered[0], key=key, threshold=answers.threshold)
        st.caption(f"Answered in {answers.seconds:.1f} seconds.")
    elif answers.answered:
        _draw_many(answers, key)
    draw_refused(answers.refused)


def draw_one(
    labels: Sequence[str],
    answer: Answer,
    *,
    key: str,
    right: int | None = None,
    threshold: float = 0.0,
) -> None:
    """One picture beside the bars of its likeliest labels; below the threshold it declines."""
    picture, bars = st.columns([2, 3], gap="large", vertical_alignment="center")
    with picture:
        draw_picture(answer.source, answer.name, key=f"{key}_picture")
    with bars:
        draw_said(labels, answer, key=key, right=right, threshold=threshold)


def draw_said(
    labels: Sequence[str],
    answer: Answer,
    *,
    key: str,
    right: int | None = None,
    threshold: float = 0.0,
) -> None:
    """The bars of the likeliest labels, below the words that it declines or is at a loss."""
    if answer.sureness < threshold:
        st.markdown(f"**I don't know.** It is less than {percent(threshold)} sure.")
    if answer.unlike:
        st.warning(WORDS, icon=":material/help:")
    draw_bars(labels, answer.probabilities, right=right, key=f"{key}_bars")


def _draw_many(answers: Answers, key: str) -> None:
    shown = answers.answered
    st.markdown(f"**{count(len(shown), 'picture')}** in {answers.seconds:.1f} seconds")
    st.dataframe(_counts(answers), hide_index=True, key=f"{key}_counts")
    with st.container(horizontal=True):  # on the left: a table's own tools lie over the right
        view = st.segmented_control(
            "Show", ["Pictures", "Table"], default="Pictures", required=True, key=f"{key}_view",
            persist_state="session", label_visibility="collapsed", width="content",
        )  # fmt: skip
        _draw_download(answers, key)
    if view == "Table":
        st.dataframe(_table(answers), hide_index=True, key=f"{key}_table")
    else:
        _draw_pictures(answers, key)


def _draw_pictures(answers: Answers, key: str) -> None:
    shown = answers.answered
    pages = -(-len(shown) // PAGE)
    page = st.pagination(pages, key=f"{key}_page_{pages}") if pages > 1 else 1
    cards = [
        Card(one.source, one.name, answers.said(one), percent(one.sureness))
        for one in shown[(page - 1) * PAGE : page * PAGE]
    ]
    draw_cards(cards, key=f"{key}_cards")


def _counts(answers: Answers) -> pd.DataFrame:
    """How often each label was answered, the most frequent first."""
    numbers = pd.Series([answers.said(one) for one in answers.answered]).value_counts()
    return pd.DataFrame({"Answer": numbers.index, "Pictures": numbers.to_numpy()})


def _table(answers: Answers) -> pd.DataFrame:
    """One row per file. A label that is called like the first columns gets a mark."""
    names = [f"p({one})" if one in ("File", "Answer") else one for one in answers.labels]
    rows = [
        {
            "File": one.name,
            "Answer": answers.said(one),
            **{
                label: f"{100 * share:.1f} %"
                for label, share in zip(names, one.probabilities, strict=True)
            },
        }
        for one in answers.answered
    ]
    return pd.DataFrame(rows)


def _draw_download(answers: Answers, key: str) -> None:
    st.download_button(
        "Download as CSV",
        lambda: answers_csv(answers),
        file_name="answers.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}_csv",
    )


def answers_csv(answers: Answers) -> bytes:
    """File, answer and every label's percentage, then the refused files with their reasons."""
    header = ["file", "answer", "sureness", *answers.labels, "refused"]
    blank = [""] * (2 + len(answers.labels))
    rows = [
        [
            one.name,
            answers.said(one),
            f"{one.sureness:.4f}",
            *(f"{share:.4f}" for share in one.probabilities),
            "",
        ]
        for one in answers.answered
    ]
    return csv_bytes(header, [*rows, *([one.name, *blank, one.reason] for one in answers.refused)])


def draw_refused(refused: Sequence[Refusal]) -> None:
    """The files left out, each with its reason; nothing if there are none."""
    if not refused:
        return
    words = f"{count(len(refused), 'file')} could not be read"
    with st.expander(words, icon=":material/block:", expanded=len(refused) <= OPEN_UP_TO):
        for one in refused:
            st.markdown(f"- **{markdown_text(shortened(one.name))}**: {markdown_text(one.reason)}")
