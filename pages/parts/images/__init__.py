"""Pieces of the Pictures page."""

__all__ = []
