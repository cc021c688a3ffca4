"""Pieces of the Layers page."""
