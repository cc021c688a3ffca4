"""Tables that say what is in which picture: read, understood, and matched to pictures."""

__all__ = ["beside_table", "column_roles", "matching", "table_intake", "table_reading", "tables"]
