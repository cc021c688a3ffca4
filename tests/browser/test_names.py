"""Names are text wherever they appear: none becomes a script, a link or a picture."""

from __future__ import annotations

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.browser import visitor
from tests.browser.photographs import Photographs
from tests.browser.server import Server
from tests.browser.watched import WatchedBrowser

LABEL = "<script>alert(1)</script> **b** :smile:"
PROJECT = f"{LABEL} of mine"
PICTURE = "<img src=x onerror=alert(2)> **b** :smile:.jpg"
BROKEN = "[x](javascript:alert(3)) <b>b</b>.jpg"


def named(photographs: Photographs, label: str, name: str) -> list[FilePayload]:
    """The new pictures of a label, the first under another name, and one that is no picture."""
    files: list[FilePayload] = [
        {"name": file.name, "mimeType": "image/jpeg", "buffer": file.read_bytes()}
        for file in photographs.new[label]
    ]
    files[0]["name"] = name
    return [*files, {"name": BROKEN, "mimeType": "image/jpeg", "buffer": b"no picture"}]


@pytest.mark.slow
def test_names_stay_text_on_every_page(
    chromium: WatchedBrowser, server: Server, photographs: Photographs
) -> None:
    page = chromium.new_page()
    visitor.create_project(page, server, PROJECT)
    expect(page.get_by_test_id("stSidebar").get_by_text(PROJECT, exact=True)).to_be_visible()
    bring_pictures(page, photographs)
    look_closer(page)
    page.get_by_role("link", name="Train").click()
    visitor.see_page(page, visitor.SETTINGS)
    visitor.press_train(page)
    visitor.expect_state(page, "Finished")
    see_results(page)
    ask(page, photographs)
    visitor.go_on(page, "Take away", visitor.TAKE_AWAY)
    expect(page.get_by_text(f"It tells apart: {LABEL}")).to_be_visible()
    see_home(page, server)


def bring_pictures(page: Page, photographs: Photographs) -> None:
    """Two labels by name, each with pictures of bad names and one file that is none."""
    for label, shown in zip((LABEL, "plain"), photographs.labels, strict=True):
        visitor.name_label(page, "What do these pictures show?", label)
        visitor.upload_files(page, named(photographs, shown, PICTURE))
        number = len(photographs.new[shown])
        row = page.locator(".row").filter(has_text=label)
        expect(row).to_contain_text(f"{number} pictures")
        expect(page.get_by_text(f"came in: {number} in {label}")).to_be_visible()
        expect_refusal(page, "1 file not taken")


def expect_refusal(page: Page, title: str) -> None:
    """The list of refused files names the file that was none."""
    expect(page.get_by_text(title).first).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=BROKEN).last).to_be_visible()


def look_closer(page: Page) -> None:
    """The picture of that name, large."""
    page.locator(".row").filter(has_text=LABEL).click()
    page.locator(f".tile[title*='{PICTURE}']").dblclick()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(LABEL)).to_be_visible()
    expect(dialog.get_by_text(PICTURE)).to_be_visible()
    expect(dialog.locator("img")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def see_results(page: Page) -> None:
    """The label heads a row and a column, and is named where a cell is opened."""
    visitor.go_on(page, "Results", visitor.RESULTS)
    for side in ("row", "col"):
        heading = page.locator(f"th[scope={side}]").filter(has_text=LABEL)
        expect(heading).to_have_text(LABEL)
    page.locator("td button").first.click()
    expect(page.get_by_role("button", name="Close")).to_be_visible()


def ask(page: Page, photographs: Photographs) -> None:
    """One picture with its bars; then several, one of which is none."""
    visitor.go_on(page, "Try it", visitor.TRY_IT)
    expect(page.get_by_text("It must choose one of the labels it was taught")).to_contain_text(
        LABEL
    )
    files = named(photographs, photographs.labels[0], PICTURE)
    visitor.upload_files(page, files[:1])
    expect(page.locator(".bars .label").filter(has_text=LABEL)).to_have_text(LABEL)
    visitor.upload_files(page, files)
    refused = page.get_by_role("listitem").filter(has_text=BROKEN)
    expect(refused).to_be_visible()
    expect(refused.locator("a")).to_have_count(0)


def see_home(page: Page, server: Server) -> None:
    """The project's card, and the question before it is deleted."""
    page.goto(server.url)
    expect(page.get_by_text(PROJECT, exact=True).first).to_be_visible()
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").or_(
        page.get_by_role("option", name="Delete")
    ).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(PROJECT)).to_be_visible()
    dialog.get_by_role("button", name="Delete").click()
    page.get_by_text("Deleted projects (1)").click()
    expect(page.get_by_text(f"{PROJECT}, ")).to_be_visible()
