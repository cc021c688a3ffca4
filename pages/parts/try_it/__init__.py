"""Pieces of the Try it page."""
