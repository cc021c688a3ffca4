"""Runs and classifiers side by side."""
