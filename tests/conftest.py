"""What every test shares: a home of its own, and the pictures beside the project where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh GRAFT_HOME, so that no test reads or writes the home of whoever runs it."""
    folder = tmp_path / "home"
    monkeypatch.setenv("GRAFT_HOME", str(folder))
    for name in ("GRAFT_WEIGHTS", "GRAFT_PASSPHRASE", "GRAFT_DATABASE_URL", "GRAFT_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def shared() -> Path:
    """The folder of real pictures and weights beside the project; skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip("the folder of shared pictures is not beside this checkout")
    return SHARED
