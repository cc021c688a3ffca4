"""Pins: small files that say which living processes use a folder, so that nobody empties it."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import psutil

PINS = "pins"
SAME_START = 2.0  # seconds; a process number is used again, a number and a start time are not


def set_pin(folder: Path) -> Path:
    """Pin `folder` for this process; `unset_pin` ends it."""
    pins = folder / PINS
    pins.mkdir(parents=True, exist_ok=True)
    pin = pins / f"{os.getpid()}-{int(psutil.Process().create_time())}-{uuid.uuid4().hex}"
    pin.touch()
    return pin


def unset_pin(pin: Path) -> None:
    """End a pin; nothing happens where it is gone already."""
    try:
        pin.unlink(missing_ok=True)
    except OSError:  # it ends with this process in any case
        return


def pinned(folder: Path, *, elsewhere: bool = False) -> bool:
    """Whether a living process has pinned `folder` (`elsewhere`: another than this one)."""
    pins = folder / PINS
    for pin in pins.iterdir() if pins.is_dir() else ():
        process, started = (int(part) for part in pin.name.split("-")[:2])
        if not _alive(process, started):
            pin.unlink(missing_ok=True)
        elif not elsewhere or process != os.getpid():
            return True
    return False


def _alive(process: int, started: int) -> bool:
    try:
        return bool(abs(psutil.Process(process).create_time() - started) < SAME_START)
    except psutil.Error:
        return False
