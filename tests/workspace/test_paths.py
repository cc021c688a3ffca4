"""Tests of tlcore/workspace/paths.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tlcore.errors import WorkspaceError
from tlcore.workspace.paths import Layout, find_home


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
