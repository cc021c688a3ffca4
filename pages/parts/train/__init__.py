"""Pieces of the Train page."""

__all__ = [
    "cost_view",
    "overlay",
    "race_form",
    "race_state",
    "race_view",
    "recipe_form",
    "run_controls",
    "run_list",
    "run_view",
]
