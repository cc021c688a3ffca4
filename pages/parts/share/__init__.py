"""Pieces of the Take away page."""
