"""What the folders over pictures mean: labels, splits, places, and files set aside."""

__all__ = ["understanding"]
