"""How good a classifier is, and where it is wrong."""

__all__ = []
