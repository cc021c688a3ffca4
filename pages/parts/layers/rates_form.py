"""Learning rates by part, their schedule, and the BatchNorm statistics of learning stages."""

from __future__ import annotations

import streamlit as st

from pages.parts.draft.draft_widget import DraftWidgets, with_present
from tlcore.training.recipe.batchnorm_mode import SMALLEST_BATCH
from tlcore.training.recipe.numbers import plain_number

HEAD_RATES = (1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
BACKBONE_RATES = (1e-7, 1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3)
DECAYS = (0.3, 0.5, 0.65, 0.8, 0.9, 1.0)
WARM_UPS = (0.0, 0.05, 0.1, 0.2, 0.3)
OPTIMIZERS = {"adamw": "AdamW", "sgd": "SGD with momentum"}
SCHEDULES = {"cosine": "Falls slowly to zero", "constant": "Stays the same"}
STATISTICS = {"auto": "Decide for me", "fixed": "Keep them fixed", "moving": "Let them move"}
CHOICES: dict[str, bool | None] = {"auto": None, "fixed": False, "moving": True}


def draw_rates_form(widgets: DraftWidgets) -> None:
    """All settings of the rates; those of the backbone are disabled where all of it is frozen."""
    frozen = widgets.recipe.learning == "head"
    left, right = st.columns(2, gap="large")
    with left:
        _draw_rates(widgets, frozen)
    with right:
        _draw_schedule(widgets)
        _draw_statistics(widgets, frozen)


def _draw_rates(widgets: DraftWidgets, frozen: bool) -> None:
    recipe = widgets.recipe
    st.select_slider(
        "Learning rate of the head", with_present(HEAD_RATES, recipe.head_rate),
        format_func=plain_number, **widgets.tie("head_rate"),
        help="How large each correction is. Too large and it jumps about; too small and it crawls.",
    )  # fmt: skip
    st.select_slider(
        "Learning rate of the last stage", with_present(BACKBONE_RATES, recipe.backbone_rate),
        format_func=plain_number, **widgets.tie("backbone_rate"), disabled=frozen,
        help="Smaller than the head's, so that what the backbone knows is not washed away.",
    )  # fmt: skip
    st.select_slider(
        "Each stage below learns at", with_present(DECAYS, recipe.layer_decay),
        format_func=_decay_words, **widgets.tie("layer_decay"), disabled=frozen,
        help="Lower stages see edges and textures, which fit any picture: they need less change.",
    )  # fmt: skip
    most = max(0, recipe.epochs - 1)
    st.number_input(
        "Epochs of the head alone, at first", 0, max(most, recipe.head_epochs), step=1,
        **widgets.tie("head_epochs"), disabled=frozen,
        help="An untrained head makes large, blind corrections. Alone first, it spoils nothing.",
    )  # fmt: skip


def _draw_schedule(widgets: DraftWidgets) -> None:
    st.selectbox(
        "Over time, the rate", list(SCHEDULES), format_func=SCHEDULES.__getitem__,
        **widgets.tie("schedule"),
        help="Large steps first, small ones to finish. Staying the same is for comparisons.",
    )  # fmt: skip
    st.select_slider(
        "Warm-up", with_present(WARM_UPS, widgets.recipe.warm_up), format_func=_share_words,
        **widgets.tie("warm_up"),
        help="The share of the steps in which the rate grows from nothing.",
    )  # fmt: skip
    st.selectbox(
        "Optimiser", list(OPTIMIZERS), format_func=OPTIMIZERS.__getitem__,
        **widgets.tie("optimizer"),
        help="The rule that turns errors into corrections. SGD wants rates ten to a hundred times "
        "larger than AdamW.",
    )  # fmt: skip


def _draw_statistics(widgets: DraftWidgets, frozen: bool) -> None:
    recipe = widgets.recipe
    shown = next(name for name, value in CHOICES.items() if value is recipe.moving_statistics)
    st.selectbox(
        "Running averages of learning stages (BatchNorm)", list(STATISTICS),
        format_func=STATISTICS.__getitem__, disabled=frozen,
        **widgets.tie_as("statistics", shown, lambda name: {"moving_statistics": CHOICES[name]}),
        help="Many networks keep averages of what they have seen. Small batches spoil them, so "
        f"below {SMALLEST_BATCH} pictures at a time they are kept fixed, and also where they are "
        "folded into the weights. The run says what was chosen and why.",
    )  # fmt: skip


def _decay_words(decay: float) -> str:
    return "the same rate" if decay == 1 else f"{plain_number(decay)} times the rate above"


def _share_words(share: float) -> str:
    return f"{100 * share:.0f} %" if share else "none"
