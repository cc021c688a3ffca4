"""The settings of the next run: two presets, and a drawer with everything for the curious."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.parts.draft import PRESET_TITLES, keep_recipe, with_settings
from pages.parts.text import count
from tlcore.training.recipe import PRESETS, Recipe, preset
from tlcore.workspace.records import Project

HEAD_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
BACKBONE_RATES = (1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3)
DECAYS = (0.0, 1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3)
BATCHES = (4, 8, 16, 32, 64, 128)
HIDDEN = (0, 64, 128, 256, 512, 1024)
VIEWS = 4
LEARNING_WORDS = {
    "head": "Only the new head learns.",
    "last": "The new head and the last stage learn.",
    "all": "Everything learns.",
}


def draw_recipe_form(project: Project, recipe: Recipe, pictures: int) -> None:
    """Draw presets and drawer; each change is stored in the project at once."""
    _draw_presets(project, recipe, pictures)
    st.caption(recipe_words(recipe))
    with st.expander("Advanced", icon=":material/tune:"):
        _draw_drawer(_Keeper(project, recipe, pictures))


def recipe_words(recipe: Recipe) -> str:
    """The recipe in a sentence or three."""
    if isinstance(recipe.learning, str):
        learning = LEARNING_WORDS.get(recipe.learning, f"It learns {recipe.learning}.")
    else:
        learning = f"The new head and {count(sum(recipe.learning), 'stage')} learn."
    length = f"At most {recipe.epochs}" if recipe.patience else f"{recipe.epochs}"
    epochs = f"{length} {'epoch' if recipe.epochs == 1 else 'epochs'}"
    changed = [name for name, on in (("mirrored", recipe.flips), ("cropped", recipe.crops)) if on]
    views = f" Pictures are also shown {' and '.join(changed)}." if changed else ""
    return f"{learning} {epochs}: in one epoch every training picture is gone through once.{views}"


def _draw_presets(project: Project, recipe: Recipe, pictures: int) -> None:
    names = [*PRESETS, *(["custom"] if recipe.preset == "custom" else [])]
    captions = {**PRESETS, "custom": "What you chose under Layers and Advanced."}
    key = f"preset_{project.id}"

    def chosen() -> None:
        name = st.session_state[key]
        if name in PRESETS:
            keep_recipe(project, preset(name, recipe.backbone, pictures))

    st.session_state[key] = recipe.preset
    st.radio(
        "How thoroughly?",
        names,
        format_func=PRESET_TITLES.__getitem__,
        captions=[captions[name] for name in names],
        key=key,
        on_change=chosen,
    )


class _Keeper:
    """Ties one widget to one setting: shows what is stored, stores what is chosen."""

    def __init__(self, project: Project, recipe: Recipe, pictures: int) -> None:
        self.project, self.recipe, self.pictures = project, recipe, pictures

    def tie(self, name: str) -> dict[str, Any]:
        """`key` and `on_change` for the widget of the setting `name`."""
        key = f"recipe_{name}_{self.project.id}"
        value = getattr(self.recipe, name)
        if name == "hidden":  # one layer can be chosen here: its width, 0 for none
            value = value[0] if value else 0
        st.session_state[key] = value
        return {"key": key, "on_change": self._keep(name, key)}

    def _keep(self, name: str, key: str) -> Callable[[], None]:
        def keep() -> None:
            changes = {name: st.session_state[key]}
            if name in ("flips", "crops"):
                other = self.recipe.crops if name == "flips" else self.recipe.flips
                changes["views"] = VIEWS if changes[name] or other else 1
            if name == "epochs":
                changes["head_epochs"] = min(self.recipe.head_epochs, changes[name] - 1)
            keep_recipe(self.project, with_settings(self.recipe, self.pictures, **changes))

        return keep


def _draw_drawer(keeper: _Keeper) -> None:
    recipe = keeper.recipe
    left, right = st.columns(2, gap="large")
    with left:
        st.number_input(
            "Epochs", 1, 300, step=5, **keeper.tie("epochs"),
            help="How often all training pictures are gone through. It stops early by itself "
            "when nothing improves any more.",
        )  # fmt: skip
        st.select_slider(
            "Batch size", _with(BATCHES, recipe.batch_size), **keeper.tie("batch_size"),
            help="How many pictures are looked at before each small correction.",
        )  # fmt: skip
        st.select_slider(
            "Learning rate of the head", _with(HEAD_RATES, recipe.head_rate),
            format_func=_plain, **keeper.tie("head_rate"),
            help="How large each correction is. Too large and it jumps about; too small and it "
            "crawls.",
        )  # fmt: skip
        st.select_slider(
            "Learning rate of the backbone", _with(BACKBONE_RATES, recipe.backbone_rate),
            format_func=_plain, **keeper.tie("backbone_rate"), disabled=recipe.learning == "head",
            help="Smaller than the head's, so that what the backbone knows is not washed away. "
            "Counts only when stages of it learn.",
        )  # fmt: skip
        st.number_input(
            "Seed", 0, 2**31 - 1, step=1, **keeper.tie("seed"),
            help="The same seed, settings and pictures give the same curves again.",
        )  # fmt: skip
    with right:
        st.select_slider(
            "Weight decay", _with(DECAYS, recipe.weight_decay), format_func=_plain,
            **keeper.tie("weight_decay"),
            help="Pulls all numbers gently towards zero: a brake on memorising.",
        )  # fmt: skip
        st.slider(
            "Dropout", 0.0, 0.9, step=0.1, **keeper.tie("dropout"),
            help="The share of the head's inputs that is left out at random while it learns, so "
            "that it does not lean on a few.",
        )  # fmt: skip
        st.selectbox(
            "Hidden layer", _with(HIDDEN, recipe.hidden[0] if recipe.hidden else 0),
            **keeper.tie("hidden"),
            format_func=lambda units: f"{units} units" if units else "none",
            help="An extra layer in the head. Rarely needed; it can help when labels are hard "
            "to tell apart.",
        )  # fmt: skip
        st.toggle(
            "Show pictures mirrored too", **keeper.tie("flips"),
            help="Right for most photographs. Wrong where left and right matter, as in digits.",
        )  # fmt: skip
        st.toggle(
            "Show random crops too", **keeper.tie("crops"),
            help="Each picture is also shown in random parts, so that it is recognised when it "
            "is not in the middle.",
        )  # fmt: skip


def _with(options: Sequence[Any], value: Any) -> list[Any]:
    """The options in order, with the present value among them."""
    return sorted({*options, value})


def _plain(number: float) -> str:
    """A number without powers of ten: 0.00003."""
    return f"{number:.7f}".rstrip("0").rstrip(".") or "0"
