"""The services of a server: whatever they open, they close."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from pages.parts.frame.services import Services
from tlcore.errors import EngineError


def open_files(folder: Path) -> list[str]:
    """The files below `folder` that this process holds open."""
    return [f.path for f in psutil.Process().open_files() if Path(f.path).is_relative_to(folder)]


def test_closing_lets_go_of_the_database(tmp_path: Path) -> None:
    opened = Services.open(tmp_path)
    opened.workspace.projects.create("Ants")
    assert open_files(tmp_path)
    opened.close()
    assert open_files(tmp_path) == []


def test_a_server_that_another_one_keeps_out_leaves_nothing_open(tmp_path: Path) -> None:
    with FileLock(tmp_path / "engine.lock"):
        before = open_files(tmp_path)
        with pytest.raises(EngineError, match="already using"):
            Services.open(tmp_path)
        assert open_files(tmp_path) == before
