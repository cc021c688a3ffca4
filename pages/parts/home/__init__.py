"""Pieces of the home page."""

__all__ = ["projects", "samples"]
