"""A real server on loopback and a real Chromium for the journeys."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def find_chromium() -> str | None:
    """The installed Chromium or Chrome, if any."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in this folder, keep it on one worker, and skip it where no browser is."""
    missing = find_chromium() is None
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.xdist_group("browser"))
        if missing and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason="no Chromium is installed on this computer"))


@dataclass
class Server:
    """A running Graft: its address, its home, its process."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End it as Ctrl-C does, or kill it when it does not listen."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start_server(home: Path, *arguments: str, **environment: str) -> Server:
    """Start `streamlit run app.py` on a free port and wait until it answers."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.headless", "true", "--server.port", str(port), *arguments]
    log = (home.parent / f"server-{port}.log").open("wb")
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "GRAFT_HOME": str(home), **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    server = Server(f"http://127.0.0.1:{port}", home, process)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}/api/health", timeout=2)
            return server
        except OSError:
            time.sleep(0.2)
    process.kill()
    text = Path(log.name).read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"the server did not answer:\n{text}")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts servers, all ended with the test."""
    servers: list[Server] = []

    def serve_at(home: Path | None = None, *arguments: str, **environment: str) -> Server:
        servers.append(start_server(home or tmp_path / "home", *arguments, **environment))
        return servers[-1]

    yield serve_at
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """One browser for all journeys; with CI=true its absence is a failure."""
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    assert path is not None, "CI=true, but no Chromium is installed"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
