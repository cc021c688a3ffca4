"""Data → figures. Nothing here knows screens."""

__all__ = ["figures", "rate_figure", "score_figures", "transfer_figures"]
