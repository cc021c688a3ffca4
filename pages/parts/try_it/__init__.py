"""Pieces of the Try it page."""

__all__ = ["camera_note", "predictions", "predictions_view"]
