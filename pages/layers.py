"""The layers page: which stages stay frozen, which learn, when and how fast."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.parts.components.blocks import Block, draw_blocks
from pages.parts.draft.backbones import WAKING, stages_of
from pages.parts.draft.draft import chosen_backbone, draft_recipe, keep_recipe, with_learning
from pages.parts.draft.draft_widget import DraftWidgets
from pages.parts.draft.network_words import (
    NetworkShape,
    gap_note,
    head_parameters,
    meaning,
    share_words,
    size_words,
    warning,
)
from pages.parts.draft.readiness import readiness_of
from pages.parts.frame.errors import show
from pages.parts.frame.project import require_project
from pages.parts.frame.steps import next_step
from pages.parts.frame.text import count
from pages.parts.layers.augmentation_form import draw_augmentation_form
from pages.parts.layers.head_form import draw_head_form
from pages.parts.layers.probe_view import draw_where_transfers, follows_advice
from pages.parts.layers.rate_finder import draw_rate_finder
from pages.parts.layers.rates_form import draw_rates_form
from pages.parts.layers.regularisation_form import draw_regularisation_form
from pages.parts.layers.schedule import draw_schedule
from pages.parts.layers.strategy_cards import draw_strategies
from tlcore.errors import GraftError
from tlcore.training.recipe.phases import resolve_learning
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import followed_strategy

project = require_project()
st.title("What stays frozen, what learns?", anchor=False)
st.write(
    "The network looks at a picture in stages, from simple to complex. Frozen stages keep what "
    "they already know; learning ones adapt to your pictures. Choose a way; the first is right "
    "for most first tries, and below Graft can measure which one suits your pictures."
)
backbone = chosen_backbone(project)
readiness = readiness_of(project)
recipe = draft_recipe(project, readiness.training)

try:
    with st.spinner(WAKING):
        facts = stages_of(backbone)
except GraftError as error:
    show(error)
    st.page_link("model.py", label="Choose another model", icon=":material/arrow_back:")
    st.stop()

stages = facts["stages"]
names = [stage["name"] for stage in stages]
learning = resolve_learning(recipe.learning, names)
head = head_parameters(facts["features"], max(readiness.labels, 2), recipe.hidden, recipe.head)
network = NetworkShape(tuple(stage["parameters"] for stage in stages), head)


def keep(chosen: Recipe) -> None:
    """Store the recipe that was chosen as the draft."""
    keep_recipe(project, chosen)


def draw_network() -> None:
    """The network as a row of blocks to toggle, and what the present choice means."""
    side = facts["input_size"][-1]
    labels = count(readiness.labels, "label") if readiness.labels else "labels"
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
        Block("head", "New head", f"Answers with one of your {labels}.", size_words(head), True),
        key="network",
        on_chosen=lambda wish: keep(with_learning(recipe, wish, readiness.training)),
    )
    gradual = recipe.unfreezing == "gradual"
    st.markdown(f"**{share_words(network, learning)}** {meaning(learning, gradual)}")
    if words := gap_note(learning):
        st.caption(f":material/info: {words}")
    words = warning(network, learning, readiness.training, readiness.labels)
    if words and not follows_advice(project, recipe, readiness):
        st.warning(words, icon=":material/warning:")


def draw_drawers() -> None:
    """The other settings, in drawers; a closed drawer is not computed."""
    widgets = DraftWidgets(project, recipe, readiness.training)
    drawers: dict[str, tuple[str, str, Callable[[], None]]] = {
        "views": (
            "Changed pictures",
            ":material/photo_size_select_large:",
            lambda: draw_augmentation_form(project, recipe, readiness.training),
        ),
        "head": ("The new head", ":material/account_tree:", lambda: draw_head_form(widgets)),
        "brakes": (
            "Brakes on learning by heart",
            ":material/speed:",
            lambda: draw_regularisation_form(widgets),
        ),
        "rates": ("Learning rates", ":material/tune:", lambda: draw_rates(widgets)),
    }
    for name, (title, icon, draw) in drawers.items():
        with st.expander(title, icon=icon, key=f"drawer_{name}", on_change="rerun") as drawer:
            if drawer.open:
                draw()


def draw_rates(widgets: DraftWidgets) -> None:
    """The learning rates, and the rate finder."""
    draw_rates_form(widgets)
    st.divider()
    draw_rate_finder(project, recipe, readiness.training)


draw_strategies(recipe, names, readiness.training, keep)
st.caption(
    "In the small pictures, time runs to the right; the top row is the new head, below it stand "
    "the stages. Orange learns, blue is frozen."
)
if followed_strategy(recipe, names, readiness.training) is None:
    st.caption(":material/info: You chose the stages yourself. A card brings back one of its ways.")
with st.container(border=True):
    draw_where_transfers(project, recipe, readiness, keep)
st.subheader("The network", anchor=False)
st.caption("Click a stage to freeze it or to let it learn.")
draw_network()
st.subheader("What happens when", anchor=False)
draw_schedule(recipe, names, [stage["title"] for stage in stages])
st.subheader("Fine adjustments", anchor=False)
st.caption("All of this is set for you. Open a drawer to change it.")
draw_drawers()
next_step("train.py")
