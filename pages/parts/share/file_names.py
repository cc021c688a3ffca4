"""How a file that is taken away is called, and how large it is, in words."""

from __future__ import annotations


def file_name(project: str, run: int) -> str:
    """A file name of plain letters and digits, whatever the project is called."""
    letters = "".join(c if c.isascii() and c.isalnum() else "-" for c in project.lower())
    stem = "-".join(part for part in letters.split("-") if part)[:40].strip("-")
    return f"{stem or 'classifier'}-run-{run}.zip"


def size_words(size: int) -> str:
    """Bytes as one reads them: 480 kB, 21 MB."""
    return f"{size / 1e6:.0f} MB" if size >= 9.5e5 else f"{max(1, round(size / 1e3))} kB"
