"""What several pages do with pictures: galleries, changes, undo."""
