"""How good a classifier is, and how sure that is."""

__all__ = [
    "analysis_task",
    "evaluate",
    "folder_score",
    "intervals",
    "predictions",
    "result_cache",
    "scoring",
    "tasks",
]
