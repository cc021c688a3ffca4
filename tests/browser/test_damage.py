"""A damaged database: said on every page, with backups that one click puts back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.server import Server
from tests.browser.watched import WatchedBrowser
from tlcore.workspace import Workspace
from tlcore.workspace.workspace import backups_of


def test_a_damaged_database_is_said_and_a_backup_put_back(
    chromium: WatchedBrowser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "damaged"
    workspace = Workspace.open(home)
    workspace.projects.create("Ants")
    backups_of(workspace.layout).make()
    workspace.close()
    database = workspace.layout.database
    database.write_bytes(database.read_bytes()[:100] + b"x" * 50_000)

    server = serve(home)
    page = chromium.new_page()
    page.goto(server.url)
    expect(page.get_by_text("The database of Graft is damaged")).to_be_visible()
    expect(page.get_by_text("1 project, 0 pictures, 0 runs")).to_be_visible()
    page.get_by_role("button", name="Put it back").click()
    expect(page.get_by_text("Ants")).to_be_visible()
