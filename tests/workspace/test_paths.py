"""Tests of tlcore/workspace/paths.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tlcore.errors import WorkspaceError
from tlcore.workspace.paths import Layout, find_home, write_privately


def test_the_home_is_the_one_of_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_home() == home
    monkeypatch.setenv("GRAFT_HOME", "somewhere")
    assert find_home() == Path.cwd() / "somewhere"
    monkeypatch.delenv("GRAFT_HOME")
    assert find_home().is_absolute() and find_home().name == "graft"


@pytest.mark.parametrize("run", ["", "..", "../../etc", "0123456789AB", "0123456789abc", "a/b"])
def test_a_strange_run_id_becomes_no_path(tmp_path: Path, run: str) -> None:
    with pytest.raises(ValueError, match="run id"):
        Layout(tmp_path).run(run)


def test_a_home_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(WorkspaceError) as refused:
        Layout(tmp_path / "file" / "home").make()
    assert "GRAFT_HOME" in refused.value.remedy
    assert os.fspath(tmp_path / "file") in refused.value.message


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are POSIX's")
def test_an_older_home_is_closed_to_others_and_what_is_not_grafts_is_left(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "home")
    layout.make()
    picture = layout.pictures / "originals" / "ab" / "abc"
    others = layout.home / "letters" / "run.sh"
    elsewhere = tmp_path / "elsewhere"
    for path in (picture, others, elsewhere, layout.database):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
        path.chmod(0o755)
    (layout.runs / "link").symlink_to(elsewhere)
    for folder in (layout.home, layout.pictures, picture.parent):
        folder.chmod(0o755)

    layout.make()

    modes = {path: path.stat().st_mode & 0o777 for path in layout.home.rglob("*")}
    assert layout.home.stat().st_mode & 0o777 == 0o700
    assert modes[picture] == modes[layout.database] == 0o600
    assert modes[picture.parent] == modes[layout.pictures] == 0o700
    assert modes[others] == 0o755, "a home may lie where somebody keeps other things"
    assert elsewhere.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind are POSIX's")
def test_what_a_server_writes_is_its_own_users_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_privately()
        (tmp_path / "file").write_text("x", encoding="utf-8")
        (tmp_path / "folder").mkdir()
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
