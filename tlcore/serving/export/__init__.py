"""Exporting: writing a format, and checking that it answers as the app does."""
