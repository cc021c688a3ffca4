"""Tests of tlcore/jobs/logfile.py."""

from __future__ import annotations

from pathlib import Path

from tlcore.jobs.logfile import LogFile


def test_a_log_keeps_its_end_and_stays_small(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "runs.log", full=1000)
    for number in range(500):
        log.write(f"line {number}\n".encode())
    kept = [tmp_path / "runs.log", tmp_path / "runs.log.1"]
    assert sorted(tmp_path.iterdir()) == kept
    assert all(path.stat().st_size <= 1000 for path in kept)
    assert kept[0].read_text(encoding="utf-8").endswith("line 499\n")


def test_a_log_that_cannot_be_written_is_left_out(tmp_path: Path) -> None:
    LogFile(tmp_path / "no such folder" / "runs.log").write(b"nobody hears")
    assert not list(tmp_path.iterdir())
