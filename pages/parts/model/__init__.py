"""Pieces of the Model page."""

__all__ = ["cards", "ranking"]
