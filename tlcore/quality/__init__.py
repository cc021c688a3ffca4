"""Findings about the pictures."""
