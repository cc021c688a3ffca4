"""Real servers on loopback, a real Chromium, and real photographs for the journeys."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.photographs import Photographs, lay_out
from tests.browser.server import ROOT, Server, start_server
from tests.browser.watched import PATIENCE, WatchedBrowser

__all__ = ["ROOT", "Server"]

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
    """Mark what stands in this folder, and skip it where no browser is."""
    missing = find_chromium() is None
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if missing and os.environ.get("CI") != "true":
            item.add_marker(pytest.mark.skip(reason="no Chromium is installed on this computer"))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """A function that starts servers, ended with the test; none may have printed a traceback."""
    servers: list[Server] = []

    def serve_at(
        home: Path | None = None, *arguments: str, port: int | None = None, **environment: str
    ) -> Server:
        home = home or tmp_path / "home"
        servers.append(start_server(home, *arguments, port=port, **environment))
        return servers[-1]

    yield serve_at
    for server in servers:
        server.stop()
    for server in servers:
        assert "Traceback" not in server.printed, server.printed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with an empty home, for all tests of a file that leave it alive."""
    running = start_server(tmp_path_factory.mktemp("server") / "home")
    yield running
    running.stop()
    assert "Traceback" not in running.printed, running.printed


@pytest.fixture(scope="package")
def browser() -> Iterator[WatchedBrowser]:
    """One browser for all journeys; with CI=true its absence is a failure."""
    from playwright.sync_api import expect, sync_playwright

    path = find_chromium()
    assert path is not None, "CI=true, but no Chromium is installed"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield WatchedBrowser(chromium)
        chromium.close()


@pytest.fixture
def chromium(browser: WatchedBrowser, serve: Callable[..., Server]) -> Iterator[WatchedBrowser]:
    """The browser, for a test in which no page may show a traceback or report a script error.

    It comes after `serve` so that its pages are closed while their server still runs.
    """
    browser.problems.clear()
    yield browser
    browser.close_all()
    assert not browser.problems, "\n".join(browser.problems)


@pytest.fixture(scope="package")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Photographs:
    """A folder of photographs to learn from, and others that training never sees."""
    return lay_out(tmp_path_factory.mktemp("photographs"))
