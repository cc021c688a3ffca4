"""What every test shares: a home of its own, and the pictures beside the project where they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

# Folders whose tests share what takes seconds to start: one engine, one browser.
TOGETHER = ("tests/app/", "tests/browser/")
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Keep a file's tests on one worker, and those of some folders all together.

    xdist has groups for this (`--dist loadgroup`), but 3.8 marks them by writing to a name inside
    pytest that pytest 9.2 no longer reads, so that there every test goes its own way.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
        def _split_scope(self, nodeid: str) -> str:
            together = (folder for folder in TOGETHER if nodeid.startswith(folder))
            return next(together, nodeid.split("::")[0])

    return ByFile(config, log)


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
