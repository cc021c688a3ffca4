"""How pictures come into a project: files, folders, zips, tables, cameras and phones."""
