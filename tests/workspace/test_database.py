"""Tests of tlcore/workspace/database.py and schema.py, on real SQLite files."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tlcore.errors import WorkspaceError
from tlcore.workspace import Workspace
from tlcore.workspace.database import Database
from tlcore.workspace.schema import AnswerRow, ProjectRow


def test_a_workspace_survives_being_closed(home: Path) -> None:
    first = Workspace.open(home)
    project = first.projects.create("Ants")
    first.close()
    again = Workspace.open(home)
    assert again.projects.get(project.id) == project
    with closing(sqlite3.connect(home / "graft.db")) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_newer_database_is_refused_and_left_alone(home: Path) -> None:
    Workspace.open(home).close()
    with closing(sqlite3.connect(home / "graft.db")) as raw:
        raw.execute("UPDATE settings SET value = '99' WHERE name = 'schema'")
        raw.execute("DROP TABLE flags")
        raw.commit()
    with pytest.raises(WorkspaceError, match="99") as refused:
        Workspace.open(home)
    assert "Update Graft" in refused.value.remedy
    with closing(sqlite3.connect(home / "graft.db")) as raw:
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
    assert "flags" not in tables


def test_a_damaged_database_is_said_so(home: Path) -> None:
    home.mkdir()
    (home / "graft.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(WorkspaceError, match="cannot be opened"):
        Workspace.open(home)


def test_a_database_that_breaks_later_is_said_so(workspace: Workspace) -> None:
    workspace.projects.create("Ants")
    workspace.close()
    for path in workspace.home.glob("graft.db*"):
        path.write_bytes(b"this is no database" * 100)
    with pytest.raises(WorkspaceError) as refused:
        workspace.projects.summaries()
    assert refused.value.remedy
    with pytest.raises(WorkspaceError):
        workspace.projects.create("Bees")


def test_another_database_can_be_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = home.parent / "other.db"
    monkeypatch.setenv("GRAFT_DATABASE_URL", f"sqlite:///{other.as_posix()}")
    Workspace.open(home).close()
    assert other.is_file() and not (home / "graft.db").exists()
    monkeypatch.setenv("GRAFT_DATABASE_URL", "nonsense://")
    with pytest.raises(WorkspaceError):
        Workspace.open(home)


def test_many_programs_may_open_a_new_home_at_once(home: Path) -> None:
    code = (
        "from tlcore.workspace import Workspace\n"
        "w = Workspace.open()\n"
        "[w.projects.create(f'p{n}') for n in range(10)]"
    )
    root = Path(__file__).resolve().parents[2]
    programs = [subprocess.Popen([sys.executable, "-c", code], cwd=root) for _ in range(2)]
    assert [program.wait(60) for program in programs] == [0, 0]
    assert len(Workspace.open(home).projects.summaries()) == 20


def test_many_threads_write_at_once(workspace: Workspace) -> None:
    project = workspace.projects.create("Ants")
    question = workspace.labels.question(project.id)

    def work(number: int) -> int:
        workspace.projects.choose(project.id, **{f"c{number}": number})
        return workspace.labels.add(question.id, f"label {number % 5}").id

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(work, range(40)))
    assert len(set(ids)) == 5
    labels = workspace.labels.list(question.id)
    assert sorted(label.position for label in labels) == [0, 1, 2, 3, 4]
    assert len(workspace.projects.get(project.id).choices) == 40


def test_a_write_is_all_or_nothing(home: Path) -> None:
    home.mkdir()
    database = Database.open(f"sqlite:///{home / 'graft.db'}", home / "lock")
    moment = datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    row = {"id": "a", "name": "Ants", "choices": {}, "created": moment, "changed": moment}
    answer = {"example_id": 9, "question_id": 9, "label_id": 9}
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(insert(ProjectRow).values(row))
        session.execute(insert(AnswerRow).values(answer))
    with database.write() as session:
        assert session.get(ProjectRow, "a") is None
        session.execute(insert(ProjectRow).values(row))
    with database.read() as session:
        stored = session.get_one(ProjectRow, "a")
        assert stored.created == moment and stored.created.tzinfo is UTC
