"""The exported web page in a real Chromium, from a plain static file server."""

from __future__ import annotations

import base64
import functools
import http.server
import io
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.watched import WatchedBrowser
from tests.serving.conftest import LABELS, blobs, write_classifier
from tlcore.classifier.classifier import Classifier
from tlcore.images.decode import decode
from tlcore.images.exif import ORIENTATION
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import encode, reduce, working_copy
from tlcore.serving.export.check_set import CheckSet
from tlcore.serving.export.kinds_of_pictures import kinds_of_pictures
from tlcore.serving.export.pipeline import export
from tlcore.serving.formats import web
from tlcore.serving.formats.comparison import CheckPicture

ASK = """async ([text, width, height]) => {
  const pixels = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return await window.graft.answer(pixels, width, height);
}"""

PIXELS = """async (text) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const { pixels, width, height } = await window.graft.pixelsOfFile(new Blob([bytes]));
  return [btoa(Array.from(pixels, (value) => String.fromCharCode(value)).join("")), width, height];
}"""
TURNS = """async (texts) => {
  const { withoutTurn } = await import("./turn.js");
  const turn = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return (await withoutTurn(new Blob([bytes]))).turn;
  };
  return await Promise.all(texts.map(turn));
}"""
# Browsers read no TIFF; what they do read must look as it does in the app.
SHOWN = {kind: data for kind, data in kinds_of_pictures().items() if "TIFF" not in kind}


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


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_every_kind_of_file_is_seen_as_in_the_app(page: Page) -> None:
    for kind, data in SHOWN.items():
        text, width, height = page.evaluate(PIXELS, base64_of(data))
        pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 3)
        app = np.asarray(reduce(decode(data)))
        assert pixels.shape == app.shape, kind
        assert np.abs(pixels.astype(int) - app).mean() < 2, kind


def webp(turn: int, exif: bytes | None = None) -> bytes:
    """A WebP whose EXIF says a turn, or is what `exif` says."""
    tags = Image.Exif()
    tags[ORIENTATION] = turn
    file = io.BytesIO()
    blobs(1, 30, 20).save(file, "WEBP", exif=tags.tobytes() if exif is None else exif)
    return file.getvalue()


def tiff_header(little: bool, kind: int = 3, count: int = 1, turn: int = 6) -> bytes:
    """EXIF with one entry, the orientation, of a type `kind` (3: 16 bits) and so many values."""
    order = "little" if little else "big"
    parts = [(42, 2), (8, 4), (1, 2), (ORIENTATION, 2), (kind, 2), (count, 4), (turn, 2), (0, 6)]
    body = b"".join(value.to_bytes(size, order) for value, size in parts)  # type: ignore[arg-type]
    return (b"II" if little else b"MM") + body


def test_the_turn_of_a_webp_is_read_in_every_way_that_it_is_written(page: Page) -> None:
    unflagged = bytearray(webp(6))
    unflagged[20] &= ~0x08
    texts = {
        base64_of(webp(1, b"Exif\x00\x00" + tiff_header(little=True))): 6,
        base64_of(webp(1, tiff_header(little=True))): 6,
        base64_of(webp(1, tiff_header(little=False))): 6,
        base64_of(webp(1, tiff_header(little=True, count=2))): 1,
        base64_of(webp(1, tiff_header(little=True, turn=9))): 1,
        base64_of(webp(1, tiff_header(little=True)[:12])): 1,
        base64_of(bytes(unflagged)): 1,
        base64_of(b"RIFF"): 1,
        base64_of(b""): 1,
    }
    assert page.evaluate(TURNS, list(texts)) == list(texts.values())


def test_damaged_exif_in_a_webp_breaks_nothing(page: Page) -> None:
    chance, data, texts = random.Random(5), webp(6), []
    start = data.index(b"EXIF") + 4
    for _ in range(300):
        damaged = bytearray(data[: chance.choice([len(data), chance.randrange(12, len(data))])])
        for place in chance.sample(range(start, len(data)), 3):
            if place < len(damaged):
                damaged[place] = chance.randrange(256)
        texts.append(base64_of(bytes(damaged)))
    assert set(page.evaluate(TURNS, texts)) <= set(range(1, 9))


def test_the_camera_answers_and_stops(page: Page) -> None:
    button = page.get_by_role("button", name="Use the camera")
    button.click()
    expect(page.locator("#live_answer .said")).to_be_visible()
    expect(button).to_be_disabled()  # of two streams, only one would ever be stopped
    page.get_by_role("button", name="Stop the camera").click()
    expect(page.locator("#live")).to_be_hidden()
    expect(button).to_be_enabled()
