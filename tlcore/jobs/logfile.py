"""A log file that cannot fill the disk: when it is full it becomes `.1` and a new one begins."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

FULL_BYTES = 1_000_000


class LogFile:
    """Bytes, appended from any thread; at most two files of `full` bytes are kept."""

    def __init__(self, path: Path, full: int = FULL_BYTES) -> None:
        self.path = path
        self._full = full
        self._lock = threading.Lock()

    def write(self, chunk: bytes) -> None:
        """Append some bytes. A log that cannot be written is no reason to stop: it is left out."""
        with self._lock, contextlib.suppress(OSError):
            if self.path.is_file() and self.path.stat().st_size + len(chunk) > self._full:
                self.path.replace(self.path.with_name(f"{self.path.name}.1"))
            with self.path.open("ab") as file:
                file.write(chunk[: self._full])
