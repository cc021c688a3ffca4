"""Where weights are: one file for each source, and the registry that asks them in order."""

__all__ = ["registry"]
