"""Predictions for new pictures: one with its bars, many as a table with its download."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.parts.components.bars import draw_bars
from pages.parts.components.cards import Card, draw_cards, draw_picture
from pages.parts.frame.paging import choose_page
from pages.parts.frame.text import count, markdown_text, shortened
from pages.parts.try_it.predictions import BatchPredictions, PicturePrediction, Refusal
from pages.parts.try_it.spreadsheet import csv_bytes
from pages.parts.try_it.unfamiliar import WORDS
from tlcore.results.figures.figures import percent

PAGE = 24
OPEN_UP_TO = 8


def draw_predictions(batch: BatchPredictions, *, key: str) -> None:
    """The predictions for some pictures, then the files that were refused."""
    if len(batch.predicted) == 1:
        draw_prediction(batch.labels, batch.predicted[0], key=key, threshold=batch.threshold)
        st.caption(f"Answered in {batch.seconds:.1f} seconds.")
    elif batch.predicted:
        _draw_many(batch, key)
    draw_refused(batch.refused)


def draw_prediction(
    labels: Sequence[str],
    prediction: PicturePrediction,
    *,
    key: str,
    right: int | None = None,
    threshold: float = 0.0,
) -> None:
    """One picture beside the bars of its likeliest labels; below the threshold it declines."""
    picture, bars = st.columns([2, 3], gap="large", vertical_alignment="center")
    with picture:
        draw_picture(prediction.source, prediction.name, key=f"{key}_picture")
    with bars:
        draw_likeliest(labels, prediction, key=key, right=right, threshold=threshold)


def draw_likeliest(
    labels: Sequence[str],
    prediction: PicturePrediction,
    *,
    key: str,
    right: int | None = None,
    threshold: float = 0.0,
) -> None:
    """The bars of the likeliest labels, under a note if it declines or finds it unfamiliar."""
    if prediction.sureness < threshold:
        st.markdown(f"**I don't know.** It is less than {percent(threshold)} sure.")
    if prediction.unfamiliar:
        st.warning(WORDS, icon=":material/help:")
    draw_bars(labels, prediction.probabilities, right=right, key=f"{key}_bars")


def _draw_many(batch: BatchPredictions, key: str) -> None:
    shown = batch.predicted
    st.markdown(f"**{count(len(shown), 'picture')}** in {batch.seconds:.1f} seconds")
    st.dataframe(_counts(batch), hide_index=True, key=f"{key}_counts")
    with st.container(horizontal=True):  # on the left: a table's own tools lie over the right
        view = st.segmented_control(
            "Show", ["Pictures", "Table"], default="Pictures", required=True, key=f"{key}_view",
            persist_state="session", label_visibility="collapsed", width="content",
        )  # fmt: skip
        _draw_download(batch, key)
    if view == "Table":
        st.dataframe(_table(batch), hide_index=True, key=f"{key}_table")
    else:
        _draw_pictures(batch, key)


def _draw_pictures(batch: BatchPredictions, key: str) -> None:
    shown = batch.predicted
    page = choose_page(len(shown), PAGE, key=f"{key}_page")
    cards = [
        Card(
            prediction.source,
            prediction.name,
            batch.label_of(prediction),
            percent(prediction.sureness),
        )
        for prediction in shown[page]
    ]
    draw_cards(cards, key=f"{key}_cards")


def _counts(batch: BatchPredictions) -> pd.DataFrame:
    """How often each label was predicted, the most frequent first."""
    numbers = pd.Series(
        [batch.label_of(prediction) for prediction in batch.predicted]
    ).value_counts()
    return pd.DataFrame({"Answer": numbers.index, "Pictures": numbers.to_numpy()})


def _table(batch: BatchPredictions) -> pd.DataFrame:
    """One row per file. A label with the name of one of the first columns gets a mark."""
    names = [f"p({label})" if label in ("File", "Answer") else label for label in batch.labels]
    rows = [
        {
            "File": prediction.name,
            "Answer": batch.label_of(prediction),
            **{
                label: f"{100 * share:.1f} %"
                for label, share in zip(names, prediction.probabilities, strict=True)
            },
        }
        for prediction in batch.predicted
    ]
    return pd.DataFrame(rows)


def _draw_download(batch: BatchPredictions, key: str) -> None:
    st.download_button(
        "Download as CSV",
        lambda: predictions_csv(batch),
        file_name="answers.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}_csv",
    )


def predictions_csv(batch: BatchPredictions) -> bytes:
    """File, predicted label and all probabilities as CSV, then refused files with reasons."""
    header = ["file", "answer", "sureness", *batch.labels, "refused"]
    blank = [""] * (2 + len(batch.labels))
    rows = [
        [
            prediction.name,
            batch.label_of(prediction),
            f"{prediction.sureness:.4f}",
            *(f"{share:.4f}" for share in prediction.probabilities),
            "",
        ]
        for prediction in batch.predicted
    ]
    return csv_bytes(
        header, [*rows, *([refusal.name, *blank, refusal.reason] for refusal in batch.refused)]
    )


def draw_refused(refused: Sequence[Refusal]) -> None:
    """The refused files, each with its reason; nothing if there are none."""
    if not refused:
        return
    words = f"{count(len(refused), 'file')} could not be read"
    with st.expander(words, icon=":material/block:", expanded=len(refused) <= OPEN_UP_TO):
        for refusal in refused:
            st.markdown(
                f"- **{markdown_text(shortened(refusal.name))}**: {markdown_text(refusal.reason)}"
            )
