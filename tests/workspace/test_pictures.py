"""Tests of tlcore/workspace/pictures.py."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tlcore.errors import WorkspaceError
from tlcore.workspace import Workspace
from tlcore.workspace.pictures import Pictures


def test_a_picture_is_stored_once_in_three_forms(workspace: Workspace) -> None:
    sha = workspace.pictures.put(b"original", b"copy", b"thumbnail")
    assert sha == hashlib.sha256(b"original").hexdigest()
    assert workspace.pictures.original(sha).read_bytes() == b"original"
    assert workspace.pictures.copy(sha).read_bytes() == b"copy"
    assert workspace.pictures.thumbnail(sha).read_bytes() == b"thumbnail"
    folder = workspace.home / "pictures"
    assert workspace.pictures.copy(sha) == folder / "copies" / sha[:2] / sha
    assert workspace.pictures.put(b"original", b"other copy", b"other thumbnail") == sha
    assert workspace.pictures.copy(sha).read_bytes() == b"copy"
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 3


def test_a_picture_is_there_only_when_all_of_it_is(workspace: Workspace) -> None:
    sha = hashlib.sha256(b"original").hexdigest()
    assert not workspace.pictures.has(sha)
    workspace.pictures.put(b"original", b"copy", b"thumbnail")
    assert workspace.pictures.has(sha)
    workspace.pictures.copy(sha).unlink()
    assert not workspace.pictures.has(sha)
    workspace.pictures.put(b"original", b"copy", b"thumbnail")
    assert workspace.pictures.has(sha)


@pytest.mark.parametrize("sha", ["", "a" * 63, "A" * 64, "../" + "a" * 61, "a" * 63 + "/"])
def test_what_is_no_hash_becomes_no_path(workspace: Workspace, sha: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        workspace.pictures.original(sha)


def test_many_threads_store_the_same_pictures(workspace: Workspace) -> None:
    bodies = [b"picture %d" % (number % 10) for number in range(80)]
    with ThreadPoolExecutor(8) as pool:
        shas = list(pool.map(lambda b: workspace.pictures.put(b, b"copy", b"thumbnail"), bodies))
    assert len(set(shas)) == 10 and all(map(workspace.pictures.has, shas))
    assert not list((workspace.home / "pictures").rglob("*.part"))


def test_a_disk_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"not a folder")
    with pytest.raises(WorkspaceError) as refused:
        Pictures(tmp_path / "file").put(b"a", b"b", b"c")
    assert refused.value.remedy
