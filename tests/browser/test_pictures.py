"""A person brings pictures: from a folder, from the camera, and changes them by mouse and keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import visitor
from tests.browser.photographs import Photographs
from tests.browser.server import Server
from tests.browser.watched import WatchedBrowser
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example


@pytest.mark.slow
def test_a_folder_comes_in_and_pictures_are_changed_by_keys(
    chromium: WatchedBrowser, server: Server, photographs: Photographs
) -> None:
    page = chromium.new_page()
    visitor.create_project(page, server, "Flowers by hand")
    visitor.upload_folder(page, photographs.folder, photographs.number)
    rows, tiles = page.locator(".row"), page.locator(".tile")
    expect(rows).to_have_count(len(photographs.labels))

    row = rows.filter(has_text=photographs.labels[0])
    number = photographs.number // len(photographs.labels)
    row.click()
    expect(tiles).to_have_count(number)
    tiles.first.click()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("Delete")
    expect(tiles).to_have_count(number - 2)
    expect(row).to_contain_text(f"{number - 2} pictures")

    page.get_by_role("tab", name="Recently deleted").click()
    expect(tiles).to_have_count(2)
    page.get_by_role("button", name="Select all on this page").click()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_text("Nothing is deleted")).to_be_visible()
    expect(row).to_contain_text(f"{number} pictures")

    page.get_by_role("tab", name="Look through").click()
    expect(tiles).to_have_count(number)
    tiles.first.focus()
    page.keyboard.press("2")
    expect(row).to_contain_text(f"{number - 1} pictures")
    tiles.first.focus()
    page.keyboard.press("Control+z")
    expect(row).to_contain_text(f"{number} pictures")

    page.get_by_role("button", name="Add a label").click()
    page.get_by_label("What do the pictures show?").fill("a label without pictures")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="to look at").click()
    checkup = page.get_by_role("tab", name="Check-up")
    expect(checkup).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("has too few pictures")).to_be_visible()


@pytest.mark.slow
def test_the_camera_gives_a_burst_that_stays_together_and_single_pictures(
    chromium: WatchedBrowser, server: Server
) -> None:
    page = chromium.new_page()
    visitor.create_project(page, server, "Things before the camera")
    page.get_by_role("radio", name="Camera").click()
    page.get_by_role("button", name="Start the camera").click()
    hold = page.get_by_role("button", name="Hold to record")
    expect(hold).to_be_disabled()

    visitor.name_label(page, "What does the camera see?", "mug")
    expect(hold).to_be_enabled()
    hold.focus()
    page.keyboard.down("Space")
    expect(page.locator(".light")).to_have_text(re.compile("^([3-9]|[0-9]{2,})$"))
    page.keyboard.up("Space")
    row = page.locator(".row").filter(has_text="mug")
    expect(row).to_contain_text(re.compile(r"\d+ pictures"))
    burst = stored(server, "Things before the camera")

    page.get_by_role("button", name="Take one picture").click()
    expect(row).to_contain_text(f"{len(burst) + 1} pictures")
    single = [e for e in stored(server, "Things before the camera") if e not in burst]

    assert len(burst) >= 2
    assert len({example.group for example in burst}) == 1 and burst[0].group
    assert len({example.split for example in burst}) == 1
    assert [example.group for example in single] != [burst[0].group]


def stored(server: Server, project_name: str) -> list[Example]:
    """What the workspace of a server holds of a project."""
    workspace = Workspace.open(server.home)
    try:
        projects = [summary.project for summary in workspace.projects.summaries()]
        [project] = [project for project in projects if project.name == project_name]
        return workspace.examples.list(project.id)
    finally:
        workspace.close()
