"""The ways in for pictures: files, folders, zips, tables, tools of others, phones."""

__all__ = ["archive", "folders", "ingest", "report", "sources", "tray"]
