"""Findings about the pictures."""

__all__ = ["features", "forecast", "groups", "linear", "pictures", "tasks", "wilson"]
