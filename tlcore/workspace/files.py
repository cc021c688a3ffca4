"""Files that are written whole: under their name stands the old one or all of the new one.

Each is written beside its place under a name of its own, brought to the disk, and renamed. So
several threads and processes may write the same file at once (the last one stays), and neither a
failure nor a power cut leaves a part of a file. It knows nothing of what the files hold.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

UNFINISHED = ".part"  # the suffix of what a killed process may leave behind


@contextmanager
def replacing(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """Where to write the new file: it takes the place of `path` when the block ends without error.

    For libraries that write by themselves; the folder is made where it is missing. Without `sync`
    the file is not brought to the disk at once: much quicker for many files, but only for what can
    be made again after a power cut.

    Raises:
        OSError: the disk is full or cannot be written; what stood there before is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{uuid.uuid4().hex}{UNFINISHED}")
    try:
        yield unfinished
        put_in_place(unfinished, path, sync=sync)
    finally:
        unfinished.unlink(missing_ok=True)


def put_in_place(finished: Path, path: Path, *, sync: bool = True) -> None:
    """Give a finished file of the same disk the name `path`, over what stands there.

    Raises OSError.
    """
    if sync:
        with finished.open("rb+") as file:  # Windows syncs only what is open for writing
            os.fsync(file.fileno())
    finished.replace(path)


def write_bytes(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Write a file whole. Raises OSError."""
    with replacing(path, sync=sync) as unfinished:
        unfinished.write_bytes(data)


def write_text(path: Path, text: str, *, sync: bool = True) -> None:
    """Write a file of text whole: UTF-8, lines ended as they are in `text`. Raises OSError."""
    write_bytes(path, text.encode("utf-8"), sync=sync)


def write_json(path: Path, content: Any, *, indent: int | None = None, sync: bool = True) -> None:
    """Write a file of JSON whole.

    Raises:
        OSError: it cannot be written.
        TypeError, ValueError: `content` has no JSON form, for instance a number is not finite.
    """
    write_text(path, json.dumps(content, allow_nan=False, indent=indent), sync=sync)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object of a file; empty where there is none, or it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
