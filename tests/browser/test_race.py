"""A race in a real browser: one click, curves together, a verdict, and what comes after."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import visitor
from tests.browser.photographs import Photographs
from tests.browser.server import Server
from tests.browser.test_runs import with_pictures
from tests.browser.watched import WatchedBrowser
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.training.recipe.presets import preset
from tlcore.workspace import Workspace
from tlcore.workspace.records import Project

RACE = "Which does better?"
VERDICT = re.compile("is ahead:|too close to call")
EPOCHS = 3


def short_project(server: Server, photographs: Photographs) -> Project:
    """A project whose own settings are those of Quick, but over in a moment."""
    project = with_pictures(server.home, photographs)
    short = preset("quick", DEFAULT_BACKBONE, photographs.number)
    short = short.with_changes(preset="custom", epochs=EPOCHS)
    workspace = Workspace.open(server.home)
    try:
        return workspace.projects.choose(project.id, recipe=short.to_json())
    finally:
        workspace.close()


@pytest.mark.slow
def test_settings_race_each_other_and_one_is_told_from_chance(
    chromium: WatchedBrowser, server: Server, photographs: Photographs
) -> None:
    page = chromium.new_page()
    project = short_project(server, photographs)
    page.goto(f"{server.url}/train?project={project.id}")
    start_race(page)
    lines = page.locator(".panel").last.locator(".other")
    expect(lines).to_have_count(2)
    expect(page.get_by_text(VERDICT)).to_be_visible()
    expect(page.locator(".standings .row")).to_have_count(2)
    expect(page.get_by_test_id("stTable")).to_contain_text("What learns")
    page.reload()
    expect(page.get_by_text(VERDICT)).to_be_visible()
    visitor.go_on(page, "Results", visitor.RESULTS)
    page.get_by_role("link", name="Train").click()
    lay_over_another(page)


def start_race(page: Page) -> None:
    """Frozen against fine-tuned, from the second tab."""
    visitor.see_page(page, visitor.SETTINGS)
    page.get_by_role("tab", name="A race").click()
    page.get_by_text("Is it worth letting the network learn?").click()
    visitor.settled(page)
    page.get_by_role("button", name="Start the race").click()
    visitor.see_page(page, RACE)


def lay_over_another(page: Page) -> None:
    """The runs of a race are runs as any other: one is laid over the other."""
    visitor.see_page(page, visitor.RUN)
    visitor.choose_first(page, "Compare with")
    expect(page.locator(".panel").last.locator(".other")).to_have_count(1)
    expect(page.get_by_test_id("stTable")).to_contain_text("What learns")
