"""How pictures come into a project: files, folders, zips, tables, cameras and phones."""

__all__ = ["picture_import", "uploads"]
