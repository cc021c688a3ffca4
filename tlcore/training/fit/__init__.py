"""One training from its first step to its last: loop, learner, checkpoints, and what it leaves."""

__all__ = [
    "curve_advice",
    "events",
    "loop",
    "memory_errors",
    "run_folder",
    "split_logits",
    "stored_run",
]
