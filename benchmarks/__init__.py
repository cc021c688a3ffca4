"""Side-by-side timings, never part of the test run."""

__all__ = []
