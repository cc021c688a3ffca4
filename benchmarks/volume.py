"""Many pictures: how quickly they come in, and how much memory importing and training hold.

    python -m benchmarks.volume import [--pictures 10000] [--megapixels 1] [--folder FOLDER]
    python -m benchmarks.volume train [--pictures 20000]

import: photographs are made first, from those of a folder: pieces of them, enlarged, with the grain
of a sensor, so that their files are as large as a camera's. Then they are brought in as a folder
that somebody drops is. What is printed: photographs a second, and the memory of the process after a
tenth of them and at the end.

train: a real server and a real Chromium; the head alone learns, on drawn pictures. What is printed:
the most memory that the server and that the worker held, and how long it took.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import numpy as np
import psutil
from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright

from benchmarks.gallery import fill
from benchmarks.picture_sets import SUFFIXES
from benchmarks.pictures import SHARED
from tests.browser.conftest import CHROMIUM_FLAGS
from tests.browser.server import start_server
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_folder
from tlcore.training.recipe.presets import preset
from tlcore.workspace import Workspace

GRAIN = 6.0  # grey levels, standard deviation
SHAPE = (4, 3)
DRAWINGS = 1000  # every picture has bytes, files and features of its own all the same
MIB = 2**20
EVERY = 0.2  # seconds between two looks at the memory
PATIENCE = 3_600_000  # milliseconds


def make_photographs(folder: Path, known: Sequence[Path], number: int, megapixels: float) -> None:
    """Write `number` different photographs of this size, under ten labels."""
    unit = (megapixels * 1e6 / (SHAPE[0] * SHAPE[1])) ** 0.5
    size = (round(SHAPE[0] * unit), round(SHAPE[1] * unit))
    noise = np.random.default_rng(0).normal(128, GRAIN, (size[1], size[0], 3))
    grain = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
    for label in range(10):
        (folder / f"label {label}").mkdir(parents=True, exist_ok=True)

    def make(place: int) -> None:
        random = np.random.default_rng(place)
        with Image.open(known[place % len(known)]) as opened:
            image = opened.convert("RGB")
        share = random.uniform(0.5, 1.0)
        left, top = random.random(2) * (1 - share)
        box = (left, top, left + share, top + share)
        piece = tuple(b * s for b, s in zip(box, image.size * 2, strict=True))
        image = image.resize(size, Image.Resampling.BILINEAR, piece)
        image = ImageChops.add(image, grain, offset=-128)
        image.save(folder / f"label {place % 10}" / f"{place:05d}.jpg", quality=90)

    with ThreadPoolExecutor() as pool:
        list(pool.map(make, range(number)))


def measure_import(pictures: int, megapixels: float, known: Sequence[Path]) -> None:
    """Make photographs, bring them in, print rate and memory."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        make_photographs(folder / "photographs", known, pictures, megapixels)
        files = [path.stat().st_size for path in (folder / "photographs").rglob("*.jpg")]
        print(f"{pictures:,} photographs, {megapixels:g} MP, {np.mean(files) / MIB:.2f} MiB each")
        workspace = Workspace.open(folder / "home")
        project = workspace.projects.create("Many").id
        this, held = psutil.Process(), list[float]()
        marks = {pictures // 10, pictures // 2, pictures}

        def look(done: int, _: int | None) -> None:
            if done in marks:
                held.append(this.memory_info().rss / MIB)

        began = time.perf_counter()
        report = ingest(
            workspace, project, list(from_folder(folder / "photographs")), on_progress=look
        )
        seconds = time.perf_counter() - began
        workspace.close()
        print(
            f"{report.accepted} taken in within {seconds:.0f} s: {pictures / seconds:.0f} a second"
        )
        words = ", ".join(f"{mebibytes:.0f}" for mebibytes in held)
        print(f"memory after a tenth, half and all: {words} MiB")


@contextlib.contextmanager
def memory_of(server: int) -> Iterator[dict[str, float]]:
    """Most MiB that the server, and that any one of its children, held meanwhile.

    `own` is what a process does not share with others (USS): the libraries that the workers have
    in common are not counted for each.
    """
    most = {"server": 0.0, "worker": 0.0, "worker, own": 0.0}
    over = Event()

    def look() -> None:
        here = psutil.Process(server)
        while not over.wait(EVERY):
            with contextlib.suppress(psutil.Error):
                most["server"] = max(most["server"], here.memory_info().rss / MIB)
                for child in here.children(recursive=True):
                    held = child.memory_full_info()
                    most["worker"] = max(most["worker"], held.rss / MIB)
                    most["worker, own"] = max(most["worker, own"], held.uss / MIB)

    watch = Thread(target=look, daemon=True)
    watch.start()
    try:
        yield most
    finally:
        over.set()
        watch.join()


def fill_home(home: Path, pictures: int) -> str:
    """Make a project of drawn pictures whose settings train the head alone; return its id."""
    workspace = Workspace.open(home)
    try:
        project = workspace.projects.create("Many")
        fill(workspace, project.id, pictures, different=DRAWINGS)
        recipe = preset("quick", DEFAULT_BACKBONE, pictures)
        workspace.projects.choose(project.id, recipe=recipe.to_json())
        return project.id
    finally:
        workspace.close()


def measure_training(pictures: int) -> None:
    """Train the head from the page, print the memory of all who took part."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, sync_playwright() as play:
        project = fill_home(Path(name), pictures)
        server = start_server(Path(name))
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        try:
            page = browser.new_page()
            page.set_default_timeout(PATIENCE)
            with memory_of(server.process.pid) as most:
                page.goto(f"{server.url}/train?project={project}")
                began = time.perf_counter()
                page.get_by_role("button", name=re.compile(r"\bTrain$")).click()
                head = page.locator(".st-key-run_head")
                head.get_by_text(re.compile(r"Finished$")).wait_for()
                seconds = time.perf_counter() - began
                page.goto(f"{server.url}/images?project={project}")
                page.get_by_role("heading", level=1).first.wait_for()
            print(f"{pictures:,} pictures, the head alone: {seconds:.0f} s")
            for who, held in most.items():
                print(f"most memory, {who}: {held:.0f} MiB")
        finally:
            browser.close()
            server.stop()


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="benchmarks.volume")
    parser.add_argument("what", choices=("import", "train"))
    parser.add_argument("--pictures", type=int)
    parser.add_argument("--megapixels", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, default=SHARED / "flowers5")
    options = parser.parse_args()
    if options.what == "train":
        measure_training(options.pictures or 20_000)
        return
    known = sorted(p for p in options.folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    measure_import(options.pictures or 10_000, options.megapixels, known)


if __name__ == "__main__":
    main()
