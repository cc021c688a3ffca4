"""Runs and classifiers side by side."""

__all__ = ["classifiers", "runs", "verdict"]
