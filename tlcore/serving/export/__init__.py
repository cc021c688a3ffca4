"""Exporting: writing a format, and checking that it agrees with the app."""

__all__ = ["check_set", "exported_file", "pipeline"]
