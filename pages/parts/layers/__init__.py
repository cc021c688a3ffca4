"""Pieces of the Layers page."""

__all__ = [
    "augmentation_form",
    "head_form",
    "probe_view",
    "rate_finder",
    "rates_form",
    "regularisation_form",
    "schedule",
    "strategy_cards",
]
