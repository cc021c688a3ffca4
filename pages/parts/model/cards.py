"""Backbones as cards: what each is, what it costs, and the button that chooses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.draft.backbones import card_of, fetch, speeds
from pages.parts.draft.draft import choose_backbone, chosen_backbone
from pages.parts.draft.network_words import size_words
from pages.parts.frame.errors import show, shown_errors
from pages.parts.frame.text import count, markdown_text
from tlcore.backbones.catalog.card import BackboneCard
from tlcore.errors import GraftError
from tlcore.workspace.records import Project

COLUMNS = 2
UNKNOWN = float("inf")
ORDERS: dict[str, Callable[[BackboneCard], float]] = {
    "As recommended": lambda card: 0.0,
    "Fastest here": lambda card: speeds().get(card.name, UNKNOWN),
    "Most accurate": lambda card: -(card.imagenet_top1 or 0.0),
    "Smallest": lambda card: card.parameters,
}


def draw_cards(
    project: Project, cards: Sequence[BackboneCard], pictures: int, order: str, *, key: str
) -> None:
    """Draw cards in two columns, sorted; seconds are given for this many training `pictures`."""
    chosen = chosen_backbone(project)
    ordered = sorted(cards, key=ORDERS[order])
    for start in range(0, len(ordered), COLUMNS):
        columns = st.columns(COLUMNS)
        for column, card in zip(columns, ordered[start : start + COLUMNS], strict=False):
            with column, st.container(border=True, height="stretch"):
                _draw_card(project, card, pictures, card.name == chosen, key)


def speed_words(card: BackboneCard, pictures: int) -> str | None:
    """How long one pass over these pictures takes, if the speed was measured here."""
    seconds = speeds().get(card.name)
    if seconds is None:
        return None
    shown = pictures or 100
    total = seconds * shown
    time = f"{total:.1f} s" if total < 10 else f"{total:.0f} s"
    whose = f"your {count(pictures, 'training picture')}" if pictures else f"{shown} pictures"
    return f"{time} to look at {whose} on this computer"


def _draw_card(
    project: Project, card: BackboneCard, pictures: int, is_chosen: bool, key: str
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{markdown_text(card.title)}**", width="content")
        if is_chosen:
            st.badge("Chosen", color="blue", icon=":material/check:")
        _draw_availability(card)
    st.markdown(markdown_text(card.words))
    st.caption("  \n".join(_facts(card, pictures)))
    st.space("stretch")
    _draw_button(project, card, is_chosen, f"{key}_{card.name}")


def _draw_availability(card: BackboneCard) -> None:
    if card.ready:
        words = "Comes with Graft" if card.bundled else "Ready offline"
        st.badge(words, color="green", icon=":material/offline_pin:")
    else:
        st.badge(_megabytes(card, "Download"), color="gray", icon=":material/download:")


def _facts(card: BackboneCard, pictures: int) -> list[str]:
    side = card.input_size[-1]
    size = size_words(card.parameters)
    facts = [f":material/data_object: {size} numbers, looks at {side} × {side} points"]
    if card.imagenet_top1 is not None:
        facts.append(f":material/target: {card.imagenet_top1:.1f} % right on ImageNet")
    if speed := speed_words(card, pictures):
        facts.append(f":material/timer: {speed}")
    if card.licence:
        facts.append(f":material/gavel: {markdown_text(card.licence)}")
    return facts


def _draw_button(project: Project, card: BackboneCard, is_chosen: bool, key: str) -> None:
    if is_chosen and card.ready:
        st.page_link("layers.py", label="Go on with this one", icon=":material/arrow_forward:")
    elif card.ready:
        if st.button("Choose", key=key):
            choose_backbone(project, card.name)
            st.rerun()
    elif st.button(_megabytes(card, "Download and choose"), key=key, icon=":material/download:"):
        _download(project, card)


def _megabytes(card: BackboneCard, words: str) -> str:
    return f"{words}, {card.download_bytes / 1e6:.0f} MB" if card.download_bytes else words


def _download(project: Project, card: BackboneCard) -> None:
    bar = st.progress(0.0, text="Asking for it …")
    try:
        for share, words in fetch(card.name):
            bar.progress(share, text=f"Downloading: {words}")
    except GraftError as error:
        bar.empty()
        show(error)
        return
    choose_backbone(project, card.name)
    st.rerun()


def draw_chosen(project: Project, cards: Sequence[BackboneCard]) -> None:
    """Name the chosen backbone in one line, even if it is not in the catalog or was removed."""
    name = chosen_backbone(project)
    with shown_errors():
        card = next((card for card in cards if card.name == name), None) or card_of(name)
        state = "" if card.ready else " Its weights are not on this computer: choose again."
        st.markdown(f"Chosen: **{markdown_text(card.title)}**.{state}")
