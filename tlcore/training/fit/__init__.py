"""One training from its first step to its last: loop, learner, checkpoints, and what it leaves."""

__all__ = ["loop", "memory_errors"]
