"""The ways in for pictures: files, folders, zips, tables, tools of others, phones."""

__all__ = [
    "archive",
    "beside_table",
    "column_roles",
    "folders",
    "ingest",
    "matching",
    "report",
    "sources",
    "table_intake",
    "table_reading",
    "tables",
    "tray",
    "understanding",
]
