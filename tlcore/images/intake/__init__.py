"""The ways in for pictures: files, folders, zips, tables, tools of others, phones."""
