"""The exported web page in a real Chromium, from a plain static file server."""

from __future__ import annotations

import base64
import functools
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.watched import WatchedBrowser
from tests.serving.conftest import LABELS, blobs, write_classifier
from tlcore.classifier.classifier import Classifier
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import encode, working_copy
from tlcore.serving.export.check_set import CheckSet
from tlcore.serving.export.pipeline import export
from tlcore.serving.formats import web
from tlcore.serving.formats.comparison import CheckPicture

ASK = """async ([text, width, height]) => {
  const pixels = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return await window.graft.answer(pixels, width, height);
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Classifier, Path]:
    folder = tmp_path_factory.mktemp("web")
    source = write_classifier(folder / "classifier", threshold=0.0)
    copies = [encode(blobs(number, 320, 240)) for number in range(8)]
    check_set = CheckSet(tuple(CheckPicture(copy, copy) for copy in copies), "test pictures")
    list(export(source, web.FORMAT, folder / "page", check_set))
    return Classifier.load(source), folder / "page"


@pytest.fixture(scope="module")
def address(made: tuple[Classifier, Path]) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(made[1]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(browser: WatchedBrowser, address: str) -> Iterator[Page]:
    """The opened page; it may ask nobody but its own server, and report nothing wrong."""
    browser.problems.clear()
    page = browser.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    expect(page.get_by_text("Choose pictures, or drop them here")).to_be_visible()
    yield page
    browser.close_all()
    assert not browser.problems, "\n".join(browser.problems)
    assert all(url.startswith((address, "blob:", "data:")) for url in requests), requests


def test_the_same_pixels_give_the_app_s_answers(made: tuple[Classifier, Path], page: Page) -> None:
    classifier, _ = made
    for number, (width, height) in enumerate([(90, 70), (640, 480), (97, 301), (64, 64)]):
        copy = encode(blobs(number, width, height))
        pixels = load_rgb(copy)
        text = base64.b64encode(pixels.tobytes()).decode()
        prediction = page.evaluate(ASK, [text, width, height])
        app = classifier.classify([classifier.prepare_copy(copy)]).probabilities[0]
        assert np.abs(np.subtract(prediction, app)).max() < 1e-3


def test_files_are_decoded_by_the_browser_and_answered(
    made: tuple[Classifier, Path], page: Page
) -> None:
    classifier, _ = made
    files, expected = [], []
    for number in range(8):
        file = io.BytesIO()
        blobs(number, 900, 600).save(file, "JPEG", quality=95)
        files.append({"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()})
        copy = working_copy(file.getvalue()).jpeg
        expected.append(classifier.classify([classifier.prepare_copy(copy)]).top(0)[0])
    page.locator("#files").set_input_files(files)
    expect(page.locator(".card")).to_have_count(8)
    shown = page.locator(".card .said").all_inner_texts()[::-1]
    assert set(shown) <= set(LABELS)
    assert sum(a == b for a, b in zip(shown, expected, strict=True)) >= 7
    page.locator("#files").set_input_files(
        [{"name": "<b>no.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}]
    )
    expect(page.get_by_text("This browser cannot read this file")).to_be_visible()
    expect(page.get_by_text("<b>no.jpg")).to_be_visible()


def test_the_camera_answers_and_stops(page: Page) -> None:
    button = page.get_by_role("button", name="Use the camera")
    button.click()
    expect(page.locator("#live_answer .said")).to_be_visible()
    expect(button).to_be_disabled()  # of two streams, only one would ever be stopped
    page.get_by_role("button", name="Stop the camera").click()
    expect(page.locator("#live")).to_be_hidden()
    expect(button).to_be_enabled()
