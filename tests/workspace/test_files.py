"""Tests of tlcore/workspace/files.py."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.imports import ROOT
from tlcore.workspace.files import read_json, replacing, write_bytes, write_json, write_text

Write = Callable[[Path], None]
WRITERS: dict[str, Write] = {
    "bytes": lambda path: write_bytes(path, b"{}"),
    "text": lambda path: write_text(path, "{}"),
    "json": lambda path: write_json(path, {}),
    "unsynced": lambda path: write_bytes(path, b"{}", sync=False),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS.keys())
def test_a_file_is_written_whole_into_a_folder_that_is_made(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file.json"
    write(path)
    write(path)
    assert path.read_bytes() == b"{}"
    assert list(path.parent.iterdir()) == [path]


def test_text_keeps_its_line_ends_and_letters(tmp_path: Path) -> None:
    write_text(tmp_path / "text", "Käfer\nÄhre\r\n")
    assert (tmp_path / "text").read_bytes() == "Käfer\nÄhre\r\n".encode()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(OSError, match="full"), replacing(path) as unfinished:
        unfinished.write_bytes(b"half of the n")
        raise OSError(errno.ENOSPC, "the disk is full")
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"share": float("nan")})
    with pytest.raises(FileNotFoundError), replacing(path):
        pass  # a library that wrote nothing
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_take_its_place_is_removed(tmp_path: Path) -> None:
    (tmp_path / "taken" / "by a folder").mkdir(parents=True)
    with pytest.raises(OSError):
        write_text(tmp_path / "taken", "text")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_many_writers_of_one_file_never_lose_to_each_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    bodies = [bytes([number]) * 50_000 for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: write_bytes(path, body, sync=False), bodies))
    assert path.read_bytes() in bodies
    assert list(tmp_path.iterdir()) == [path]


def test_json_comes_back_and_what_is_none_is_empty(tmp_path: Path) -> None:
    content = {"names": ["Käfer", "\udcff"], "share": 0.25}
    write_json(tmp_path / "file", content, indent=1)
    assert read_json(tmp_path / "file") == content
    for damaged in ("", "[1, 2]", '{"half'):
        write_text(tmp_path / "file", damaged)
        assert read_json(tmp_path / "file") == {}
    assert read_json(tmp_path / "nothing") == {}


def test_no_room_writes_whole_files_by_hand() -> None:
    """What is written beside its place and renamed is written by `files.py`, nowhere else."""
    by_hand = re.compile(r"os\.replace\(|os\.rename\(|\.part\"|\b\w+\.replace\(\s*[a-z_.]+\s*\)")
    rooms = ROOT / "tlcore"
    allowed = {rooms / "workspace" / "files.py"}
    places = {
        path.relative_to(rooms).as_posix()
        for path in sorted(rooms.rglob("*.py"))
        if path not in allowed and by_hand.search(path.read_text(encoding="utf-8"))
    }
    assert not places
