"""The name of a file to download, and its size in words."""

from __future__ import annotations


def file_name(project: str, run: int) -> str:
    """The file name of a classifier: ASCII letters, digits and hyphens only."""
    letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in project.lower())
    stem = "-".join(part for part in letters.split("-") if part)[:40].strip("-")
    return f"{stem or 'classifier'}-run-{run}.zip"


def size_words(size: int) -> str:
    """Bytes for people: “480 kB”, “21 MB”."""
    return f"{size / 1e6:.0f} MB" if size >= 9.5e5 else f"{max(1, round(size / 1e3))} kB"
