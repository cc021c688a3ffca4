"""A person brings pictures: from a folder, from the camera, and changes them by mouse and keys."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

PATIENCE = 60_000


def drawn(seed: int) -> bytes:
    """A PNG of random blotches."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(coarse).resize((80, 80), Image.Resampling.BICUBIC).save(file, "PNG")
        return file.getvalue()


def begin(chromium: Any, server: Server, name: str) -> Page:
    """A new project, opened on its pictures page."""
    page: Page = chromium.new_page()
    page.goto(server.url)
    page.get_by_label("What do you want to tell apart?").fill(name, timeout=PATIENCE)
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="What are your pictures?")).to_be_visible(
        timeout=PATIENCE
    )
    return page


def test_a_folder_comes_in_and_pictures_are_changed_by_keys(
    chromium: Any, serve: Callable[..., Server], tmp_path: Path
) -> None:
    for label in ("_wasp_ $x$ &lt;b&gt;", "bee"):
        folder = tmp_path / "insects" / label
        folder.mkdir(parents=True)
        for number in range(12):
            (folder / f"{number}.png").write_bytes(drawn(number + 100 * len(label)))
    page = begin(chromium, serve(), "Insects")
    page.get_by_role("radio", name="A folder").click()
    page.locator("input[type=file][webkitdirectory]").set_input_files(tmp_path / "insects")
    expect(page.get_by_text("24 pictures came in:")).to_be_visible(timeout=PATIENCE)
    rows = page.locator(".row")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="_wasp_ $x$ &lt;b&gt;")).to_have_count(1)

    rows.filter(has_text="bee").click()
    tiles = page.locator(".tile")
    expect(tiles).to_have_count(12, timeout=PATIENCE)
    tiles.first.click()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("Delete")
    expect(tiles).to_have_count(10, timeout=PATIENCE)

    page.get_by_role("tab", name="Recently deleted").click()
    expect(tiles).to_have_count(2, timeout=PATIENCE)
    page.get_by_role("button", name="Select all on this page").click()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_text("Nothing is deleted")).to_be_visible(timeout=PATIENCE)
    expect(rows.filter(has_text="bee")).to_contain_text("12 pictures")
    page.close()


def test_the_camera_records_a_burst_under_a_label(
    chromium: Any, serve: Callable[..., Server]
) -> None:
    page = begin(chromium, serve(), "Things")
    page.get_by_role("radio", name="Camera").click()
    page.get_by_role("button", name="Start the camera").click(timeout=PATIENCE)
    hold = page.get_by_role("button", name="Hold to record")
    expect(hold).to_be_disabled()

    label = page.get_by_role("combobox", name="What does the camera see?")
    label.fill("mug")
    label.press("Enter")
    expect(hold).to_be_enabled(timeout=PATIENCE)
    hold.focus()
    page.keyboard.down("Space")
    expect(page.locator(".light")).to_have_text(re.compile("^[3-9]$"), timeout=PATIENCE)
    page.keyboard.up("Space")
    row = page.locator(".row").filter(has_text="mug")
    expect(row).to_contain_text(re.compile(r"\d+ pictures"), timeout=PATIENCE)

    before = row.inner_text()
    page.get_by_role("button", name="Take one picture").click()
    expect(row).not_to_have_text(before, timeout=PATIENCE)
    page.close()
