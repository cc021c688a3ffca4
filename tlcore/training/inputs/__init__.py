"""What enters the part that learns: kept features, or pictures computed anew."""

__all__ = ["batches", "start"]
