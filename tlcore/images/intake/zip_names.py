"""The names in a zip, in whatever encoding its maker wrote them.

A zip says of each name whether it is UTF-8; many programs write UTF-8 without saying so, and older
ones whatever their computer used. Python then reads code page 437, as the format demands.
"""

from __future__ import annotations

import unicodedata
import zipfile
from pathlib import Path
from typing import IO

SAYS_UTF8 = 0x800  # the flag of an entry whose name is UTF-8
STANDARD = "cp437"
# What else names were written in, for a person to try: an encoding of Python, and whose it is.
ENCODINGS = {
    "cp437": "the zip format's own (code page 437)",
    "cp850": "Western Europe, DOS (850)",
    "cp1252": "Western Europe, Windows (1252)",
    "cp852": "Central Europe, DOS (852)",
    "cp1250": "Central Europe, Windows (1250)",
    "cp866": "Cyrillic, DOS (866)",
    "cp1251": "Cyrillic, Windows (1251)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese, traditional (Big5)",
    "cp932": "Japanese (Shift JIS)",
    "cp949": "Korean (949)",
}
SIGNS = {"Sm", "So", "Sc", "Sk"}  # as Unicode calls symbols


def open_zip(file: Path | str | IO[bytes], encoding: str = STANDARD) -> zipfile.ZipFile:
    """Open a zip for reading, its names put right: UTF-8 where they are, else in `encoding`.

    Raises what zipfile raises.
    """
    archive = zipfile.ZipFile(file)
    for entry in archive.infolist():
        if not entry.flag_bits & SAYS_UTF8 and not entry.filename.isascii():
            entry.filename = _decoded(entry.filename.encode(STANDARD), encoding)
    return archive


def _decoded(name: bytes, encoding: str) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode(encoding, "replace")


def looks_garbled(name: str) -> bool:
    """Whether a name holds what nobody types in one: lines, blocks, signs of mathematics."""
    return any(
        (not letter.isascii() and unicodedata.category(letter) in SIGNS) or letter == "\ufffd"
        for letter in name
    )
