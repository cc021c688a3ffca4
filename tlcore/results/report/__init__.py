"""The report: everything that was found out about a run, on one page."""

__all__ = ["report", "tasks"]
