"""Pieces of the Pictures page."""
