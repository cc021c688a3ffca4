"""The strategies as cards, each with its own schedule as a small picture; one click chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from pages.parts.draft.draft import with_strategy
from pages.parts.layers.schedule import strip
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, followed

HERE = Path(__file__).parents[1] / "components"
KEY = "strategy"

_mount = st.components.v2.component(
    "graft_strategies",
    html='<div class="strategies" role="radiogroup" aria-label="What learns, and when"></div>',
    css=(HERE / "strategy_cards.css").read_text(encoding="utf-8"),
    js=(HERE / "strategy_cards.js").read_text(encoding="utf-8"),
)


def draw_strategies(
    recipe: Recipe, stages: Sequence[str], pictures: int, on_chosen: Callable[[Recipe], None]
) -> None:
    """Draw a card for every strategy; a click hands the recipe that follows it to `on_chosen`."""
    now = followed(recipe, stages, pictures)
    offered = {
        name: recipe if name == now else with_strategy(recipe, name, stages, pictures)
        for name in STRATEGIES
    }

    def chosen() -> None:
        name = st.session_state[KEY].chosen
        if name in offered and name != now:
            on_chosen(offered[name])

    _mount(
        key=KEY,
        data={
            "chosen": now,
            "cards": [
                {
                    "name": one.name,
                    "title": one.plain,
                    "term": one.title,
                    "words": one.words,
                    "strip": strip(offered[one.name].phases(stages)),
                }
                for one in STRATEGIES.values()
            ],
        },
        on_chosen_change=chosen,
    )
