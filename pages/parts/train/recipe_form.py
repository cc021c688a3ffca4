"""How thoroughly the next run trains: the presets, and a drawer for length, batch and seed."""

from __future__ import annotations

import streamlit as st

from pages.parts.draft.draft import PRESET_TITLES, keep_recipe, own_recipe
from pages.parts.draft.draft_widget import DraftWidgets, with_present
from pages.parts.frame.text import count
from tlcore.training.recipe.presets import PRESETS, preset
from tlcore.training.recipe.recipe import Recipe
from tlcore.training.recipe.strategies import strategy_of
from tlcore.workspace.records import Project

MOST_EPOCHS, MOST_PATIENCE = 300, 100  # of this form; a recipe from elsewhere may have more
BATCHES = (4, 8, 16, 32, 64, 128)
LEARNING_WORDS = {
    "frozen": "Only the new head learns.",
    "last": "The new head learns, then the last stages with it.",
    "full": "Everything learns from the start.",
    "two_phase": "The new head learns, then everything with it.",
    "gradual": "The new head learns, then stage after stage with it, from the top down.",
}

CHANGES = {
    "flips": "mirrored",
    "flips_vertical": "upside down",
    "turn": "turned",
    "crops": "nearer",
    "brightness": "lighter or darker",
    "contrast": "duller or crisper",
    "colour": "in other colours",
    "erasing": "partly covered",
    "mixup": "blended",
    "cutmix": "with pieces of others",
}
MIRRORED = "Is a mirrored one another thing, as with letters? Then say so under Layers."
HEAD_ON_NOTHING = "The head alone can do little with those: let everything learn, under Layers."


def draw_recipe_form(project: Project, recipe: Recipe, pictures: int) -> None:
    """Draw presets and drawer; each change is stored in the project at once."""
    _draw_presets(project, recipe, pictures)
    st.caption(recipe_words(recipe))
    with st.expander("Advanced", icon=":material/tune:"):
        _draw_length(DraftWidgets(project, recipe, pictures))
        st.page_link(
            "layers.py",
            label="What learns, changed pictures, head, brakes and rates are under Layers",
            icon=":material/layers:",
        )


def recipe_words(recipe: Recipe) -> str:
    """The recipe in a sentence or three."""
    length = f"At most {recipe.epochs}" if recipe.patience else f"{recipe.epochs}"
    epochs = f"{length} {'epoch' if recipe.epochs == 1 else 'epochs'}"
    return (
        f"{learning_words(recipe)} {epochs}: in one epoch every training picture is gone through "
        f"once.{_changes_words(recipe)}{_scratch_words(recipe)}"
    )


def learning_words(recipe: Recipe) -> str:
    """What learns, in a sentence."""
    strategy = strategy_of(recipe)
    if strategy is not None:
        return LEARNING_WORDS[strategy]
    stages = sum(map(bool, recipe.learning))
    return f"The new head and {count(stages, 'stage')} learn."


def _changes_words(recipe: Recipe) -> str:
    """The augmentations by name: only who knows the pictures can say whether they are right."""
    changes = [words for setting, words in CHANGES.items() if getattr(recipe, setting)]
    if not changes:
        return ""
    shown = " and ".join(filter(None, [", ".join(changes[:-1]), changes[-1]]))
    mirrored = f" {MIRRORED}" if recipe.flips else ""
    return f" Pictures are also shown {shown}.{mirrored}"


def _scratch_words(recipe: Recipe) -> str:
    if recipe.pretrained:
        return ""
    useless = f" {HEAD_ON_NOTHING}" if strategy_of(recipe) == "frozen" else ""
    return f" From scratch: it begins with random numbers.{useless}"


def _draw_presets(project: Project, recipe: Recipe, pictures: int) -> None:
    own = own_recipe(project)
    names = [*PRESETS, *(["custom"] if own or recipe.preset == "custom" else [])]
    captions = {**PRESETS, "custom": "What you chose under Layers and Advanced."}
    key = f"preset_{project.id}"

    def chosen() -> None:
        name = st.session_state[key]
        if name in PRESETS:
            keep_recipe(project, preset(name, recipe.backbone, pictures))
        elif own is not None:
            keep_recipe(project, own)

    st.session_state[key] = recipe.preset
    st.radio(
        "How thoroughly?",
        names,
        format_func=PRESET_TITLES.__getitem__,
        captions=[captions[name] for name in names],
        key=key,
        on_change=chosen,
    )


def _draw_length(widgets: DraftWidgets) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.number_input(
            "Epochs", 1, max(MOST_EPOCHS, widgets.recipe.epochs), step=5, **widgets.tie("epochs"),
            help="How often all training pictures are gone through.",
        )  # fmt: skip
        st.number_input(
            "Stop early when nothing got better for", 0,
            max(MOST_PATIENCE, widgets.recipe.patience), step=1, **widgets.tie("patience"),
            help="So many epochs; 0 means never. What did best until then is kept in any case.",
        )  # fmt: skip
    with right:
        st.select_slider(
            "Batch size", with_present(BATCHES, widgets.recipe.batch_size),
            **widgets.tie("batch_size"),
            help="How many pictures are looked at before each small correction.",
        )  # fmt: skip
        st.number_input(
            "Seed", 0, 2**31 - 1, step=1, **widgets.tie("seed"),
            help="The same seed, settings and pictures give the same curves again.",
        )  # fmt: skip
    st.toggle(
        "Begin with what the backbone has learned", **widgets.tie("pretrained"),
        help="Without it the network begins with random numbers: training from scratch.",
    )  # fmt: skip
