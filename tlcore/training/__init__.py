"""From a recipe and examples to a classifier."""

__all__ = ["endings"]
