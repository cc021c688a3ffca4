"""How long a visitor waits: the first page of a fresh server, and from Train to the first point.

    python -m benchmarks.waiting [--rounds 3]

A real server and a real Chromium; 100 drawn pictures and the bundled backbone, workers warm. Every
round has a home of its own, so nothing is kept from one to the next.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.pictures import load_project
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.server import Server, start_server
from tlcore.workspace import Workspace

PICTURES = 100
POINT = ".curves .panel svg path.step, .curves .panel svg circle.dot-training"


def first_page(page: Page, server: Server) -> float:
    """Seconds until the title of the home page stands there."""
    start = time.perf_counter()
    page.goto(server.url)
    page.locator("h1").first.wait_for()
    return time.perf_counter() - start


def first_point(page: Page, server: Server, project: str) -> float:
    """Seconds from the click on Train to the first point or line in the charts."""
    page.goto(f"{server.url}/train?project={project}")
    button = page.get_by_role("button", name="Train", exact=True)
    button.wait_for()
    page.wait_for_timeout(15_000)  # the workers import torch in the background
    start = time.perf_counter()
    button.click()
    page.locator(POINT).first.wait_for(timeout=60_000)
    return time.perf_counter() - start


def one_round(browser: Browser, folder: Path) -> tuple[float, float, float]:
    """First page (seconds), first point (seconds), memory of the server (MiB)."""
    home = folder / "home"
    workspace = Workspace.open(home)
    project = load_project(workspace, None, PICTURES)
    server = start_server(home)
    try:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page_seconds = first_page(page, server)
        point_seconds = first_point(page, server, project.id)
        memory = psutil.Process(server.process.pid).memory_info().rss / 2**20
        page.close()
    finally:
        server.stop()
    return page_seconds, point_seconds, memory


def main() -> None:
    """Measure round after round and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = []
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                rounds.append(one_round(browser, Path(folder)))
        browser.close()
    names = ("first page of a fresh server, s", "Train to the first point, s", "server memory, MiB")
    print(f"{options.rounds} rounds: median (least–most)")
    for name, values in zip(names, zip(*rounds, strict=True), strict=True):
        print(f"{name:34s} {statistics.median(values):7.2f} ({min(values):.2f}–{max(values):.2f})")


if __name__ == "__main__":
    main()
