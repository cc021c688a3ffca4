"""The formats in which a classifier leaves."""
