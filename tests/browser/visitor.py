"""What a visitor does, said in the words that the pages show."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import FilePayload, Page, TimeoutError, expect

from tests.browser.server import Server

CATALOG = "What should we build on?"
LAYERS = "What stays frozen, what learns?"
SETTINGS = "Ready to train?"
RUN = "How is it learning?"
RESULTS = "How good is it, and where is it wrong?"
TRY_IT = "What does it say about a new picture?"
TAKE_AWAY = "How do you take it away?"
SCORE = re.compile(r"^\d+ of \d+ right")  # on Results
TRIES, A_MOMENT = 6, 5_000  # milliseconds that a list of choices has to open
RIGHT = re.compile(r"\d+ of \d+ (test|validation) pictures right")  # on Train


def see_page(page: Page, title: str) -> None:
    """Wait until the page with this title is there."""
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def settled(page: Page) -> None:
    """Wait until the page has been drawn to its end.

    An uploader that is only just being drawn loses files that are handed to it at that moment, as
    no person's hand, but a script's, is quick enough to do.
    """
    app = page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
    expect(app).to_have_count(1)


def go_on(page: Page, step: str, title: str) -> None:
    """Press the one button that leads on, and see the page of that title."""
    page.get_by_role("button", name=f"Next: {step}").click()
    see_page(page, title)


def create_project(page: Page, server: Server, name: str) -> None:
    """From the home page into a new project."""
    page.goto(server.url)
    page.get_by_label("What do you want to tell apart?").fill(name)
    page.get_by_role("button", name="Create project").click()
    see_page(page, "What are your pictures?")


def upload_folder(page: Page, folder: Path, number: int) -> None:
    """Bring a folder whose subfolders are labels, all of whose pictures are good."""
    page.get_by_role("radio", name="A folder").click()
    uploader = page.locator("input[type=file][webkitdirectory]")
    expect(uploader).to_be_enabled()
    settled(page)
    uploader.set_input_files(folder)
    expect(page.get_by_text(f"{number} pictures came in:")).to_be_visible()


def press_train(page: Page) -> None:
    """Start a run from the settings and see it."""
    page.get_by_role("button", name=re.compile(r"\bTrain$")).click()
    see_page(page, RUN)


def expect_curves(page: Page, points: int = 1) -> None:
    """At least so many epochs stand in the chart of right answers."""
    dots = page.locator(".panel").last.locator(".dot-training")
    expect(dots.nth(points - 1)).to_be_attached()


def expect_state(page: Page, words: str) -> None:
    """The badge of the run that is looked at says this."""
    badge = page.locator(".st-key-run_head").get_by_text(re.compile(f"{words}$"))
    expect(badge).to_be_visible()


def epochs_done(page: Page) -> int:
    """How many epochs the figures above the curves say are done."""
    figure = page.get_by_test_id("stMetric").filter(has_text="Epochs done")
    return int(figure.get_by_test_id("stMetricValue").inner_text().split()[0])


def run_title(page: Page) -> str:
    """For example “Run 3 · Quick”."""
    return page.locator(".st-key-run_head").get_by_role("heading").inner_text()


def choose_first(page: Page, question: str) -> None:
    """Open the list of choices of this question and take the first.

    A list that is opened while the page is still being drawn is closed again by what is drawn
    last, so it is opened once more where it did not stay.
    """
    settled(page)
    first = page.get_by_role("option").first
    for _ in range(TRIES):
        page.get_by_role("combobox", name=question).click()
        with contextlib.suppress(TimeoutError):
            first.click(timeout=A_MOMENT)
            return
    raise AssertionError(f"The choices of “{question}” did not open")


def name_label(page: Page, question: str, name: str) -> None:
    """Type a label, known or new, where the page asks what pictures show."""
    label = page.get_by_role("combobox", name=question)
    label.fill(name)
    label.press("Enter")


def upload_files(page: Page, files: Sequence[Path] | Sequence[FilePayload]) -> None:
    """Bring one file or many to where the page takes them."""
    uploader = page.locator("input[type=file]")
    expect(uploader).to_be_enabled()
    settled(page)
    uploader.set_input_files(files)
