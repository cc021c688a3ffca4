"""The whole path: an empty workspace, photographs, a prediction, a file to take home."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import visitor
from tests.browser.photographs import Photographs
from tests.browser.server import Server
from tests.browser.watched import WatchedBrowser


def test_from_an_empty_workspace_to_a_prediction(
    chromium: WatchedBrowser, serve: Callable[..., Server], photographs: Photographs
) -> None:
    server = serve()
    page = chromium.new_page(accept_downloads=True)
    visitor.create_project(page, server, "Two flowers")
    visitor.upload_folder(page, photographs.folder, photographs.number)
    for label in photographs.labels:
        row = page.locator(".row").filter(has_text=label)
        expect(row).to_contain_text(f"{photographs.number // 2} pictures")

    choose_model_and_layers(page)
    train(page)
    look_at_results(page, photographs)
    ask_about_one(page, photographs)
    ask_about_many(page, photographs)
    take_away(page, photographs)
    server.check_lightness()


def choose_model_and_layers(page: Page) -> None:
    """Keep what is offered: the bundled network, with only the new head to learn."""
    visitor.go_on(page, "Model", visitor.CATALOG)
    expect(page.get_by_text("Comes with Graft").first).to_be_visible()
    expect(page.get_by_text("Chosen: Graft")).to_be_visible()
    visitor.go_on(page, "Layers", visitor.LAYERS)
    stages = page.locator(".network .block")
    expect(stages.filter(has_text="Frozen").first).to_be_visible()
    page.get_by_role("radio", name="Head and last stages").click()
    expect(stages.filter(has_text="Learns")).to_have_count(2)
    page.get_by_role("radio", name="Only the new head").click()
    expect(stages.filter(has_text="Learns")).to_have_count(1)
    visitor.go_on(page, "Train", visitor.SETTINGS)


def train(page: Page) -> None:
    """Quick, from the click to the end, with curves on the way."""
    expect(page.get_by_role("radio", name="Quick")).to_be_checked()
    visitor.press_train(page)
    visitor.expect_curves(page, points=2)
    visitor.expect_state(page, "Finished")
    expect(page.get_by_text(visitor.RIGHT)).to_be_visible()


def look_at_results(page: Page, photographs: Photographs) -> None:
    """The score in words, and the label of every row of the confusion matrix."""
    visitor.go_on(page, "Results", visitor.RESULTS)
    expect(page.locator(".verdict .words")).to_have_text(visitor.SCORE)
    expect(page.get_by_role("heading", name="What was taken for what?")).to_be_visible()


def ask_about_one(page: Page, photographs: Photographs) -> None:
    """A picture that training has not seen; the likeliest label stands on top."""
    visitor.go_on(page, "Try it", visitor.TRY_IT)
    label = photographs.labels[0]
    visitor.upload_files(page, photographs.new[label][:1])
    bars = page.locator(".bars li")
    expect(bars).to_have_count(2)
    answered = bars.first.locator(".label").inner_text()
    share = bars.first.locator(".share").inner_text()
    assert answered in photographs.labels
    assert 50 <= float(re.sub(r"[^0-9.]", "", share)) <= 100


def ask_about_many(page: Page, photographs: Photographs) -> None:
    """All new pictures at once: most answers are right, and the table can be downloaded."""
    files = [file for some in photographs.new.values() for file in some]
    visitor.upload_files(page, files)
    expect(page.get_by_text(f"{len(files)} pictures")).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_test_id("stDownloadButton").get_by_text("Download as CSV").click()
    text = downloading.value.path().read_text(encoding="utf-8-sig")
    predictions = {row["file"]: row["answer"] for row in csv.DictReader(io.StringIO(text))}
    right = sum(
        predictions[file.name] == label for label, some in photographs.new.items() for file in some
    )
    assert right >= 0.7 * len(files), f"{right} of {len(files)} new pictures right"


def take_away(page: Page, photographs: Photographs) -> None:
    """The zip holds the weights, what they mean, and a program that uses them."""
    visitor.go_on(page, "Take away", visitor.TAKE_AWAY)
    with page.expect_download() as downloading:
        page.get_by_role("button", name=re.compile(r"Download \(")).click()
    assert downloading.value.suggested_filename == "two-flowers-run-1.zip"
    with zipfile.ZipFile(downloading.value.path()) as archive:
        names = {Path(name).name for name in archive.namelist()}
        assert {"predict.py", "manifest.json", "README.txt"} <= names
        assert any(name.endswith(".safetensors") for name in names)
        [manifest] = [name for name in archive.namelist() if name.endswith("manifest.json")]
        written = archive.read(manifest).decode("utf-8")
    assert all(f'"{label}"' in written for label in photographs.labels)
