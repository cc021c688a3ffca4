"""The layers page: which stages stay frozen, which learn."""

from __future__ import annotations

import streamlit as st

from pages.parts.backbones import WAKING, stages_of
from pages.parts.blocks import Block, draw_blocks
from pages.parts.draft import chosen_backbone, draft_recipe, keep_recipe, with_learning
from pages.parts.errors import show
from pages.parts.network_words import (
    Network,
    gap_note,
    head_parameters,
    meaning,
    share_words,
    size_words,
    warning,
)
from pages.parts.project import require_project
from pages.parts.readiness import readiness
from pages.parts.steps import next_step
from pages.parts.text import count
from tlcore.errors import GraftError
from tlcore.training.recipe import resolve_learning

PRESETS = {"head": "Only the new head", "last": "Head and last stage", "all": "Everything"}

project = require_project()
st.title("What stays frozen, what learns?", anchor=False)
st.write(
    "The network looks at a picture in stages, from simple to complex. Frozen stages keep what "
    "they already know; learning ones adapt to your pictures. Click a stage to change it."
)
backbone = chosen_backbone(project)
found = readiness(project)
recipe = draft_recipe(project, found.training)

try:
    with st.spinner(WAKING):
        facts = stages_of(backbone)
except GraftError as error:
    show(error)
    st.page_link("model.py", label="Choose another model", icon=":material/arrow_back:")
    st.stop()

stages = facts["stages"]
learning = resolve_learning(recipe.learning, [stage["name"] for stage in stages])
head = head_parameters(facts["features"], max(found.labels, 2), sum(recipe.hidden[:1]))
network = Network(tuple(stage["parameters"] for stage in stages), head)


def choose(wanted: tuple[bool, ...]) -> None:
    """Store what is to learn."""
    keep_recipe(project, with_learning(recipe, wanted, found.training))


def choose_preset() -> None:
    """Store one of the presets; a click on the chosen one changes nothing."""
    name = st.session_state["learning_preset"]
    if name in PRESETS:
        choose(resolve_learning(name, [stage["name"] for stage in stages]))


st.session_state["learning_preset"] = recipe.learning if recipe.learning in PRESETS else None
st.segmented_control(
    "What learns",
    list(PRESETS),
    format_func=PRESETS.__getitem__,
    key="learning_preset",
    on_change=choose_preset,
)

side = facts["input_size"][-1]
labels = count(found.labels, "label") if found.labels else "labels"
draw_blocks(
    Block("input", "Your picture", f"{side} × {side} points", ""),
    [
        Block(
            name=stage["name"],
            title=stage["title"],
            words=stage["words"],
            size=size_words(stage["parameters"]),
            learns=learns,
        )
        for stage, learns in zip(stages, learning, strict=True)
    ],
    Block("head", "New head", f"Answers with one of your {labels}.", size_words(head), learns=True),
    key="network",
    on_chosen=choose,
)
st.subheader(share_words(network, learning), anchor=False)
st.write(meaning(learning))
if words := gap_note(learning):
    st.caption(f":material/info: {words}")
if words := warning(network, learning, found.training, found.labels):
    st.warning(words, icon=":material/warning:")
next_step("train.py")
