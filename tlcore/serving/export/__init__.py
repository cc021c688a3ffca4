"""Exporting: writing a format, and checking that it agrees with the app."""
