"""Pieces of the Results page."""

__all__ = [
    "before_after",
    "by_label",
    "compare_view",
    "confidence",
    "explanation",
    "from_scratch",
    "mistakes",
    "report_button",
    "stress_view",
    "verdict",
]
