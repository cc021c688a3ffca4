"""Ties widgets to the settings of the draft: shows what is stored, stores what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.parts.draft.draft import keep_recipe, with_settings
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace.records import Project

Number = TypeVar("Number", int, float)


class DraftWidgets:
    """Ties widgets to the settings of a project's draft; `pictures` counts training pictures."""

    def __init__(self, project: Project, recipe: Recipe, pictures: int) -> None:
        self.project, self.recipe, self.pictures = project, recipe, pictures

    def tie(self, name: str) -> dict[str, Any]:
        """`key` and `on_change` for the widget of the setting `name`."""
        return self.tie_as(name, getattr(self.recipe, name), lambda value: {name: value})

    def tie_as(
        self, name: str, shown: Any, changes: Callable[[Any], dict[str, Any]]
    ) -> dict[str, Any]:
        """The same for a widget that shows `shown`; `changes` maps its value to settings."""
        key = f"recipe_{name}_{self.project.id}"
        st.session_state[key] = shown

        def keep() -> None:
            self.keep(**changes(st.session_state[key]))

        return {"key": key, "on_change": keep}

    def keep(self, **changes: Any) -> None:
        """Store the draft with these settings changed. Raises RecipeRefused."""
        if "epochs" in changes:  # the head's own epochs must leave at least one for the stages
            most = max(0, changes["epochs"] - 1)
            changes.setdefault("head_epochs", min(self.recipe.head_epochs, most))
        keep_recipe(self.project, with_settings(self.recipe, self.pictures, **changes))


def with_present(options: Sequence[Number], value: Number) -> list[Number]:
    """The options in order, with the present value among them."""
    return sorted(set(options) | {value})
