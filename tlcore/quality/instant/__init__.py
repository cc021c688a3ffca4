"""The instant classifier: first guesses without training."""

__all__ = []
