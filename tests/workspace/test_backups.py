"""Tests of tlcore/workspace/backups.py, on real SQLite files."""

from __future__ import annotations

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tlcore.errors import DatabaseDamaged, GraftError
from tlcore.workspace import Workspace
from tlcore.workspace.backups import KEPT, Backups, damage_of
from tlcore.workspace.workspace import backups_of


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backups(workspace: Workspace, clock: Clock) -> Backups:
    return Backups(workspace.layout.database, workspace.home / "backups", clock)


def test_a_backup_is_made_while_the_workspace_is_open_and_holds_what_was_committed(
    workspace: Workspace, backups: Backups
) -> None:
    workspace.projects.create("Ants")
    backup = backups.make()
    workspace.projects.create("Bees")
    assert backup is not None
    assert backup.counts == {"project": 1, "picture": 0, "run": 0}
    assert backup.words == "1 project, 0 pictures, 0 runs"
    assert damage_of(backup.path) is None
    names = [path.name for path in backup.path.parent.iterdir()]
    assert names == [backup.path.name], "a backup is one file"


def test_one_a_day_and_three_are_kept(workspace: Workspace, backups: Backups, clock: Clock) -> None:
    made = []
    for _ in range(48):
        made.append(backups.make_daily())
        clock.now += timedelta(hours=3)
    real = [backup for backup in made if backup is not None]
    assert len(real) == 6
    assert [b.path for b in backups.newest_first()] == [b.path for b in real[: -KEPT - 1 : -1]]


def damage(path: Path, seed: int) -> None:
    """Overwrite parts of a file with noise, as a failing disk does."""
    chance = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(8):
        start = chance.randrange(len(data))
        data[start : start + 2000] = chance.randbytes(len(data[start : start + 2000]))
    path.write_bytes(bytes(data))


def test_a_damaged_database_is_seen_never_backed_up_and_put_right(
    workspace: Workspace, backups: Backups, clock: Clock
) -> None:
    for number in range(200):
        workspace.projects.create(f"Project {number}")
    good = backups.make()
    workspace.close()
    database = workspace.layout.database
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for seed in range(10):
        clock.now += timedelta(days=1)
        damage(database, seed)
        assert damage_of(database) is not None
        assert backups.make() is None
    assert [b.path for b in backups.newest_first()] == [good.path if good else None]

    assert good is not None
    aside = backups.restore(good)
    assert aside.exists()
    assert damage_of(database) is None
    with_again = Workspace.open(workspace.home)
    assert len(with_again.projects.summaries()) == 200
    with_again.close()
    assert good.path.exists(), "a backup stays until newer ones take its place"


def test_what_is_no_backup_is_passed_over(backups: Backups, workspace: Workspace) -> None:
    folder = workspace.home / "backups"
    folder.mkdir()
    for name in ("graft-.db", "graft-yesterday.db", "graft-20260101T000000000000.db", "x"):
        (folder / name).write_bytes(b"no database")
    assert backups.newest_first() == []
    assert backups.make() is not None


def test_no_database_no_backup(tmp_path: Path) -> None:
    assert Backups(tmp_path / "none.db", tmp_path / "backups").make() is None
    assert damage_of(tmp_path / "none.db") is not None


def test_a_folder_that_cannot_be_written_is_said(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(GraftError) as refused:
        Backups(workspace.layout.database, tmp_path / "file").make()
    assert refused.value.remedy


def test_a_server_backs_up_once_a_day_and_says_what_is_damaged(home: Path) -> None:
    workspace = Workspace.open_checked(home)  # a new one is backed up too: it is one file
    workspace.projects.create("Ants")
    workspace.close()
    Workspace.open_checked(home).close()
    (backup,) = backups_of(workspace.layout).newest_first()
    assert backup.counts["project"] == 0

    database = workspace.layout.database
    database.write_bytes(database.read_bytes()[:100] + b"x" * 8000)
    with pytest.raises(DatabaseDamaged) as damaged:
        Workspace.open_checked(home)
    assert damaged.value.remedy
    backups_of(workspace.layout).restore(backup)
    Workspace.open_checked(home).close()


def test_an_older_database_is_backed_up_before_it_is_changed(workspace: Workspace) -> None:
    workspace.projects.create("Ants")
    workspace.close()
    database = workspace.layout.database
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE settings SET value = '1' WHERE name = 'schema'")
    Workspace.open(workspace.home).close()
    (backup,) = backups_of(workspace.layout).newest_first()
    assert backup.counts["project"] == 1
    with sqlite3.connect(backup.path) as connection:
        query = "SELECT value FROM settings WHERE name = 'schema'"
        assert connection.execute(query).fetchone() == ("1",)
