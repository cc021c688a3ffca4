"""The model page: which pretrained network to build on."""

from __future__ import annotations

import streamlit as st

from pages.parts.draft.backbones import (
    WAKING,
    catalog,
    measure_speed,
    search,
    speeds,
)
from pages.parts.draft.draft import chosen_backbone
from pages.parts.draft.readiness import readiness_of
from pages.parts.frame.errors import show
from pages.parts.frame.project import require_project
from pages.parts.frame.steps import next_step
from pages.parts.frame.text import count, markdown_text
from pages.parts.model.cards import ORDERS, draw_cards, draw_chosen
from pages.parts.model.ranking import draw_ranking
from pages.parts.run.busy import why_busy
from tlcore.backbones.catalog.card import BackboneCard
from tlcore.errors import GraftError

DOWNLOADS = (
    "Graft asks the site for downloads only when you press one of these buttons. "
    "Those under “Ready now” need no internet."
)

project = require_project()
st.title("What should we build on?", anchor=False)
st.write(
    "A backbone is a network that has already learned to see from very many pictures. Graft puts "
    "your labels on top of it. The first one comes with Graft: keep it, or choose another."
)
body = st.container()
next_step("layers.py")  # drawn before the catalog is loaded, so that nobody has to wait for it
readiness = readiness_of(project)
pictures = readiness.training


def draw_order(cards: list[BackboneCard]) -> str:
    """The order of the cards, chosen here, and the button that times the models that are ready."""
    untimed = [card for card in cards if card.ready and card.name not in speeds()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.segmented_control("Sort by", list(ORDERS), default=next(iter(ORDERS)),
                                     key="model_order", required=True)  # fmt: skip
        st.space("stretch")
        if untimed:
            _draw_timing(untimed)
    return order


def _draw_timing(untimed: list[BackboneCard]) -> None:
    why = why_busy()
    label = f"Time {count(len(untimed), 'ready model')} on this computer"
    if not st.button(
        label, icon=":material/timer:", key="time_models", disabled=bool(why), help=why
    ):
        return
    bar = st.progress(0.0, text="Timing …")
    errors: list[GraftError] = []
    for done, card in enumerate(untimed):
        bar.progress(done / len(untimed), text=f"Timing {markdown_text(card.title)} …")
        try:
            measure_speed(card.name)
        except (
            GraftError
        ) as error:  # a model that cannot be loaded must not leave the others untimed
            errors.append(error)
    if not errors:
        st.rerun()
    bar.empty()
    for failure in errors:
        show(failure)


def draw_search() -> None:
    """The rest of timm, behind a search box."""
    st.subheader("Something else?", anchor=False)
    text = st.text_input(
        "Search all models of timm, the library of pretrained networks",
        placeholder="for example: resnet50, mobilenet, dinov2",
        key="model_search",
    ).strip()
    if not text:
        return
    with st.spinner("Searching …"):
        models = search(text)
    if not models:
        st.write(f"No model has “{markdown_text(text)}” in its name.")
        return
    draw_cards(project, models, pictures, next(iter(ORDERS)), key="found")


def draw_catalog() -> None:
    """The models that are ready, then those that need a download."""
    with st.spinner(WAKING):
        cards = catalog()
    draw_chosen(project, cards)
    draw_ranking(project, cards, readiness)
    order = draw_order(cards)
    ready = [card for card in cards if card.ready]
    absent = [card for card in cards if not card.ready]
    st.subheader("Ready now", anchor=False)
    draw_cards(project, ready, pictures, order, key="ready")
    if absent:
        st.subheader("Need a download, once", anchor=False)
        st.caption(DOWNLOADS)
        draw_cards(project, absent, pictures, order, key="absent")
    st.caption(
        "ImageNet is a test with a thousand kinds of things in photographs. The share right says "
        "roughly how much a network has learned to see. Numbers (parameters) are what it "
        "remembers with: more of them take longer."
    )


with body:
    try:
        draw_catalog()
        draw_search()
    except GraftError as error:
        show(error)
        st.write(f"Chosen: **{markdown_text(chosen_backbone(project))}**.")
