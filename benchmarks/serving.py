"""Predictions in every way: in the app, over HTTP, as ONNX, in bulk, in a browser.

    python -m benchmarks.serving [app api onnx bulk web] [--classifier DIR] [--pictures FOLDER]

Without a classifier, one is trained on the pictures' `train` folder with the bundled backbone; the
pictures to predict are those of `val`. All on this computer: the clients of the API take part of
the same processors.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import http.server
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.pictures import SHARED
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.server import start_server
from tlcore.classifier.classifier import Classifier
from tlcore.commands.line import main as graft
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import working_copy
from tlcore.jobs.local import LocalEngine
from tlcore.serving.bulk import predict_folder
from tlcore.serving.classifier_import import import_classifier
from tlcore.serving.export.check_set import from_pictures
from tlcore.serving.export.pipeline import export
from tlcore.serving.formats import web
from tlcore.serving.formats.onnx_graph import open_onnx
from tlcore.serving.formats.registry import format_of
from tlcore.workspace import Workspace

PRELOAD = ("tlcore.classifier.tasks", "tlcore.serving.tasks")
CLIENTS = 32
SETTLE = 25  # seconds
PAGE_ASK = """async ([text, width, height]) => {
  const pixels = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return await window.graft.answer(pixels, width, height);
}"""
PAGE_DECODE = """async ([text, type]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return (await window.graft.answerFile(new Blob([bytes], { type }))).probabilities;
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A static file server that prints nothing."""

    def log_message(self, format: str, *args: object) -> None: ...


class Pictures:
    """The pictures to predict, as files, bytes and working copies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = sorted(path for path in folder.rglob("*") if path.is_file())
        self.data = [path.read_bytes() for path in self.files]
        self.copies = [working_copy(data).jpeg for data in self.data]


def spread(seconds: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"p50 {1000 * statistics.median(ordered):.1f} ms, p95 {1000 * last:.1f} ms"


def timed(work: Callable[[], Any]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def housed(classifier: Path, home: Path) -> tuple[Workspace, str]:
    """A workspace with the classifier as a run in it, and the run's id."""
    workspace = Workspace.open(home)
    project = workspace.projects.create("Benchmark")
    return workspace, import_classifier(workspace, project.id, classifier, Classifier.load).id


def in_the_app(classifier: Path, pictures: Pictures, folder: Path) -> None:
    """One picture at a time: decoded in the server, predicted by the request worker."""
    workspace, run = housed(classifier, folder / "app")
    place = str(workspace.runs.folder(run) / "classifier")
    with LocalEngine(workspace, preload=PRELOAD) as engine:

        def predict(data: bytes) -> None:
            copy = base64.b64encode(working_copy(data).jpeg).decode()
            task = "tlcore.serving.tasks:predict_copies_task"
            engine.ask(task, {"classifier": place, "copies": [copy]}, timeout=120)

        first = timed(partial(predict, pictures.data[0]))
        seconds = [timed(partial(predict, data)) for data in pictures.data[:200]]
    print(f"app: first {first:.1f} s with the start of the process, then {spread(seconds)}")


def over_http(classifier: Path, pictures: Pictures, folder: Path) -> None:
    """The API of a real server: one client, then 32 at once."""
    home = folder / "api"
    workspace, run = housed(classifier, home)
    secret, _ = workspace.tokens.make(run, "benchmark")
    server = start_server(home)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "image/jpeg"}

    def client(part: Sequence[bytes]) -> list[tuple[int, float]]:
        line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        replies = []
        for data in part:
            start = time.perf_counter()
            line.request("POST", f"/api/classifiers/{run}/predict", data, headers)
            reply = line.getresponse()
            reply.read()
            replies.append((reply.status, time.perf_counter() - start))
        line.close()
        return replies

    client(pictures.data[:3])  # waits until the request worker is warm
    time.sleep(SETTLE)  # the process for runs is still importing
    alone: list[tuple[int, float]] = []
    alone_seconds = timed(lambda: alone.extend(client(pictures.data[:100])))
    parts = [pictures.data[n::CLIENTS] for n in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        start = time.perf_counter()
        together = [reply for replies in pool.map(client, parts) for reply in replies]
        together_seconds = time.perf_counter() - start
    server.stop()
    wrong = sum(status != 200 for status, _ in [*alone, *together])
    rates = len(alone) / alone_seconds, len(together) / together_seconds
    print(f"api, one client: {spread([s for _, s in alone])}, {rates[0]:.1f} pictures a second")
    print(
        f"api, {CLIENTS} clients: {spread([s for _, s in together])}, {rates[1]:.1f} pictures a "
        f"second, {rates[1] / rates[0]:.2f} times one client; {wrong} errors"
    )


def as_onnx(classifier: Path, pictures: Pictures, folder: Path) -> None:
    """Pictures a second from working copies, the same for all, best of three rounds."""
    app = Classifier.load(classifier)
    check_set = from_pictures(pictures.folder, app.labels)
    runs: dict[str, Callable[[], object]] = {}
    for kind in ("onnx", "onnx-int8"):
        *_, result = export(classifier, format_of(kind), folder / f"{kind}.onnx", check_set)
        print(f"{kind}: {result.data['bytes'] / 1e6:.1f} MB, {result.data['check']['words']}")
        run = open_onnx(folder / f"{kind}.onnx", torch.get_num_threads())
        runs[kind] = partial(_run_all, run, pictures)

    def with_torch(half: bool) -> None:
        prepared = [app.prepare_copy(copy) for copy in pictures.copies]
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            app.classify(prepared)

    runs["PyTorch, 32 bits, batches of 32"] = partial(with_torch, False)
    runs["PyTorch, bfloat16, batches of 32"] = partial(with_torch, True)
    best = dict.fromkeys(runs, 0.0)
    for _ in range(3):
        for name, work in runs.items():
            best[name] = max(best[name], len(pictures.copies) / timed(work))
    for name, rate in best.items():
        print(f"{name}: {rate:.1f} pictures a second, {torch.get_num_threads()} threads")


def in_bulk(classifier: Path, pictures: Pictures, folder: Path) -> None:
    """A folder into a table, against decoding and the network by themselves, one after another."""
    app = Classifier.load(classifier)
    parts, whole = [], []
    for number in range(3):
        began = time.perf_counter()
        app.classify([app.prepare(data) for data in pictures.data])
        parts.append(time.perf_counter() - began)
        out = folder / f"predictions{number}.csv"
        whole.append(timed(partial(_predict_all, app, pictures.folder, out)))
    ratio = statistics.median(whole) / statistics.median(parts)
    print(
        f"bulk: {len(pictures.data) / statistics.median(whole):.1f} pictures a second, "
        f"{ratio:.2f} of decoding plus network one after the other"
    )


def _run_all(run: Callable[[Any], Any], pictures: Pictures) -> None:
    """Predict every working copy with a function of pixels (H, W, 3)."""
    for copy in pictures.copies:
        run(load_rgb(copy))


def _predict_all(app: Classifier, folder: Path, out: Path) -> None:
    """Predict a folder in bulk, to its last event."""
    for _ in predict_folder(app, folder, out):
        pass


def in_a_browser(classifier: Path, pictures: Pictures, folder: Path) -> None:
    """The web page from a static file server in headless Chromium."""
    from playwright.sync_api import sync_playwright

    app = Classifier.load(classifier)
    check_set = from_pictures(pictures.folder, app.labels)
    *_, packed = export(classifier, web.FORMAT, folder / "page.zip", check_set)
    list(export(classifier, web.FORMAT, folder / "page", check_set))
    handler = partial(Quiet, directory=str(folder / "page"))
    size = sum(path.stat().st_size for path in (folder / "page").rglob("*") if path.is_file())
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            path = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
            page = browser.new_page()
            start = time.perf_counter()
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.locator("#ways").wait_for()
            predictions = [_ask_page(page, pictures, 0)]
            first = time.perf_counter() - start
            predictions += [_ask_page(page, pictures, n) for n in range(1, len(pictures.data))]
            browser.close()
        server.shutdown()
    rows = [app.classify([app.prepare_copy(copy)]).probabilities[0] for copy in pictures.copies]
    same, own = (np.array([pair[side] for pair in predictions]) for side in (0, 1))
    apart = np.abs(same - np.array(rows)).max()
    equal = (own.argmax(1) == np.array(rows).argmax(1)).mean()
    print(
        f"web: zip {packed.data['bytes'] / 1e6:.1f} MB, unpacked {size / 1e6:.1f} MB; first "
        f"prediction after {first:.2f} s; same pixels at most {apart:.1e} apart; decoded by the "
        f"browser {100 * equal:.1f} % of {len(rows)} labels equal"
    )


def _ask_page(page: Any, pictures: Pictures, number: int) -> tuple[list[float], list[float]]:
    """Probabilities for the working copy's pixels, and for the file as the browser decodes it."""
    pixels = load_rgb(pictures.copies[number])
    text = base64.b64encode(pixels.tobytes()).decode()
    same = page.evaluate(PAGE_ASK, [text, pixels.shape[1], pixels.shape[0]])
    file = base64.b64encode(pictures.data[number]).decode()
    kind = "image/png" if pictures.data[number][:4] == b"\x89PNG" else "image/jpeg"
    return same, page.evaluate(PAGE_DECODE, [file, kind])


PARTS = {"app": in_the_app, "api": over_http, "onnx": as_onnx, "bulk": in_bulk, "web": in_a_browser}


def main() -> None:
    """Measure the parts that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    parser.add_argument("--classifier", type=Path)
    parser.add_argument("--pictures", type=Path, default=SHARED / "flowers5")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        classifier = options.classifier or folder / "classifier"
        if options.classifier is None:
            graft(["train", str(options.pictures), "--out", str(classifier), "--json"])
        pictures = Pictures(options.pictures / "val")
        labels = json.loads((classifier / "manifest.json").read_text(encoding="utf-8"))["labels"]
        print(f"{len(pictures.data)} pictures, {len(labels)} labels")
        for part in options.parts:
            PARTS[part](classifier, pictures, folder)


if __name__ == "__main__":
    main()
