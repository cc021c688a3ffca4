"""Runs outlive what happens around them: a reload, a second visitor, Stop, a killed process."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import visitor
from tests.browser.photographs import Photographs
from tests.browser.server import Server
from tests.browser.watched import WatchedBrowser
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_folder
from tlcore.workspace import Workspace
from tlcore.workspace.records import Project

KEPT = re.compile(r"The best so far can be used: epoch \d+")


def with_pictures(home: Path, photographs: Photographs) -> Project:
    """A home with one project whose pictures are in; the way there has journeys of its own."""
    workspace = Workspace.open(home)
    try:
        project = workspace.projects.create("Two flowers")
        ingest(workspace, project.id, from_folder(photographs.folder))
        return project
    finally:
        workspace.close()


@pytest.fixture(scope="module")
def project(server: Server, photographs: Photographs) -> Project:
    """The project of the tests after which another run can be trained."""
    return with_pictures(server.home, photographs)


def open_settings(page: Page, server: Server, project: Project) -> None:
    """The page where a run is set up, whatever has run before."""
    page.goto(f"{server.url}/train?project={project.id}&run=new")
    visitor.see_page(page, visitor.SETTINGS)


def start_long_run(page: Page, server: Server, project: Project) -> None:
    """A training that goes on for minutes if nobody stops it: everything learns, in tiny steps."""
    page.goto(f"{server.url}/layers?project={project.id}")
    page.get_by_role("radio", name="Everything").click()
    blocks = page.locator(".network .block")
    expect(blocks.filter(has_text="Learns").nth(1)).to_be_visible()
    expect(blocks.filter(has_text="Frozen")).to_have_count(0)
    open_settings(page, server, project)
    page.get_by_test_id("stExpander").get_by_text("Advanced", exact=True).click()
    epochs = page.get_by_role("spinbutton", name="Epochs")
    epochs.fill("300")
    epochs.press("Enter")
    expect(page.get_by_text("At most 300 epochs")).to_be_visible()
    visitor.press_train(page)


@pytest.mark.slow
def test_a_run_survives_a_reload_is_seen_by_others_and_can_be_stopped(
    chromium: WatchedBrowser, server: Server, project: Project
) -> None:
    page = chromium.new_page()
    start_long_run(page, server, project)
    visitor.expect_curves(page)
    title = visitor.run_title(page)

    page.reload()
    visitor.see_page(page, visitor.RUN)
    visitor.expect_state(page, "Training")
    visitor.expect_curves(page, points=visitor.epochs_done(page) + 1)

    other = chromium.new_page()
    other.goto(f"{server.url}/train?project={project.id}")
    visitor.expect_state(other, "Training")
    assert visitor.run_title(other) == title
    visitor.expect_curves(other, points=visitor.epochs_done(page))

    page.locator(".st-key-run_head").get_by_role("button", name="Stop").click()
    for window in (page, other):
        visitor.expect_state(window, "Stopped")
        expect(window.get_by_text(KEPT)).to_be_visible()
    visitor.go_on(page, "Results", visitor.RESULTS)
    expect(page.get_by_text("This run was stopped.")).to_be_visible()
    expect(page.locator(".verdict .words")).to_have_text(visitor.SCORE)


@pytest.mark.slow
def test_a_killed_worker_is_said_plainly_and_another_takes_its_place(
    chromium: WatchedBrowser, server: Server, project: Project, photographs: Photographs
) -> None:
    page = chromium.new_page()
    start_long_run(page, server, project)
    visitor.expect_curves(page, points=2)
    server.worker("runs").kill()

    visitor.expect_state(page, "Broken off")
    expect(page.get_by_text("You can train again")).to_be_visible()
    expect(page.get_by_text(KEPT)).to_be_visible()
    visitor.go_on(page, "Results", visitor.RESULTS)
    expect(page.get_by_text("This run broke off.")).to_be_visible()
    visitor.go_on(page, "Try it", visitor.TRY_IT)
    visitor.upload_files(page, photographs.new[photographs.labels[0]][:1])
    expect(page.locator(".bars li")).to_have_count(len(photographs.labels))

    train_quickly(page, server, project)


def train_quickly(page: Page, server: Server, project: Project) -> None:
    """A run to its end with the preset Quick."""
    open_settings(page, server, project)
    page.get_by_text("Quick", exact=True).click()
    expect(page.get_by_role("radio", name="Quick")).to_be_checked()
    visitor.press_train(page)
    visitor.expect_state(page, "Finished")


@pytest.mark.slow
def test_nothing_is_lost_when_the_server_is_killed(
    chromium: WatchedBrowser,
    serve: Callable[..., Server],
    photographs: Photographs,
    tmp_path: Path,
) -> None:
    project = with_pictures(tmp_path / "home", photographs)
    server = serve(tmp_path / "home")
    page = chromium.new_page()
    train_quickly(page, server, project)
    score = page.get_by_text(visitor.RIGHT).inner_text()
    start_long_run(page, server, project)
    visitor.expect_curves(page)

    server.kill()
    again = serve(tmp_path / "home", port=server.port)
    page.goto(again.url)
    card = f"{photographs.number} pictures, 2 labels, 2 trainings"
    expect(page.get_by_text(card)).to_be_visible()
    page.get_by_role("button", name="Open").click()
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(photographs.number)

    page.get_by_role("link", name="Train").click()
    visitor.expect_state(page, "Broken off")
    expect(page.get_by_text("Graft itself ended while this run was going.")).to_be_visible()
    expect(page.get_by_text(KEPT)).to_be_visible()
    page.locator("[class*=st-key-open_]").get_by_role("button").click()
    visitor.expect_state(page, "Finished")
    expect(page.get_by_text(score)).to_be_visible()
    train_quickly(page, again, project)
