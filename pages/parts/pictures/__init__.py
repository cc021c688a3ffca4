"""What several pages do with pictures: galleries, changes, undo."""

__all__ = ["changes", "gallery", "splits", "thumbnails", "undo"]
