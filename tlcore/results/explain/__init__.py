"""What a classifier looks at."""

__all__ = ["mapping", "tasks"]
