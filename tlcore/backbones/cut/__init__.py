"""Where a backbone can be divided: its stages, and the two halves at a border between them."""

__all__ = ["cut", "ladder", "stages"]
