"""The strategies as cards, each with its own schedule as a small picture; one click chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.components.declare import declare_component
from pages.parts.draft.draft import with_strategy
from pages.parts.layers.schedule import strip
from tlcore.training.recipe.phases import phases_of
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import STRATEGIES, followed_strategy

KEY = "strategy"

_mount = declare_component("strategy_cards")


def draw_strategies(
    recipe: Recipe, stages: Sequence[str], pictures: int, on_chosen: Callable[[Recipe], None]
) -> None:
    """Draw a card for every strategy; a click calls `on_chosen` with a recipe that follows it."""
    now = followed_strategy(recipe, stages, pictures)
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
                    "name": strategy.name,
                    "title": strategy.plain,
                    "term": strategy.title,
                    "words": strategy.words,
                    "strip": strip(phases_of(offered[strategy.name], stages)),
                }
                for strategy in STRATEGIES.values()
            ],
        },
        on_chosen_change=chosen,
    )
