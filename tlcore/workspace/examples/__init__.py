"""The examples of a project, their labels, and the history of their changes."""

__all__ = ["changes", "history", "twins"]
