"""What becomes of it when pictures are of something else, or worse than those it learned from."""

__all__ = ["out_of_distribution", "stress_task"]
