"""Pieces of the Model page."""
