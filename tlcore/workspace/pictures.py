"""Picture bytes, stored once under the SHA-256 of the original: original, working copy, thumbnail.

It knows nothing of projects, and does not look into the bytes.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tlcore.errors import WorkspaceError
from tlcore.workspace.files import write_bytes

SHA = re.compile(r"[0-9a-f]{64}")


class Pictures:
    """A folder of pictures; every file appears whole or not at all. Safe for many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, original: bytes, copy: bytes, thumbnail: bytes) -> str:
        """Store one picture in its three forms and return its SHA-256 (64 hex digits).

        What is there already stays as it is.

        Raises:
            WorkspaceError: the files cannot be written (a full disk).
        """
        sha = hashlib.sha256(original).hexdigest()
        try:
            _write(self.thumbnail(sha), thumbnail)
            _write(self.copy(sha), copy)
            _write(self.original(sha), original)  # last: its presence means that all are there
        except OSError as problem:
            raise WorkspaceError(
                f"A picture cannot be stored ({problem.strerror or problem}).",
                "Free some space on the disk, then add the pictures again.",
            ) from problem
        return sha

    def has(self, sha: str) -> bool:
        """True when the picture is stored in all its forms."""
        paths = (self.original(sha), self.copy(sha), self.thumbnail(sha))
        return all(path.is_file() for path in paths)

    def original(self, sha: str) -> Path:
        """The file that was given, byte for byte."""
        return self._path("originals", sha)

    def copy(self, sha: str) -> Path:
        """The working copy that training and prediction read (JPEG)."""
        return self._path("copies", sha)

    def thumbnail(self, sha: str) -> Path:
        """The small picture that pages show."""
        return self._path("thumbnails", sha)

    def _path(self, form: str, sha: str) -> Path:
        if not SHA.fullmatch(sha):
            raise ValueError(f"not a SHA-256 in lower-case hex: {sha!r}")
        return self._folder / form / sha[:2] / sha


def _write(path: Path, data: bytes) -> None:
    """Write a file that is not there yet. Nobody waits for the disk: there are thousands."""
    if path.is_file():
        return
    try:
        write_bytes(path, data, sync=False)
    except PermissionError:  # Windows, when another thread has just put the same file there
        if not path.is_file():
            raise
