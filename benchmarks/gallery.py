"""How quick the gallery is with 10,000 pictures: the page, a filter, a move, an undo.

    python -m benchmarks.gallery [--pictures 10000] [--rounds 5]

The pictures are drawn and put straight into a fresh workspace, so that nothing else is measured.
Times are those of the page's own run in the server (AppTest, without a browser), in seconds.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tlcore.workspace import Workspace
from tlcore.workspace.records import NewExample, Split

MAIN = Path(__file__).resolve().parents[1] / "pages" / "main.py"
LABELS = 10
DIFFERENT = 100  # drawings; every picture has bytes and files of its own all the same
SIDE = 240
PATIENCE = 300


def fill(workspace: Workspace, project_id: str, pictures: int, different: int = DIFFERENT) -> None:
    """Put a number of drawn pictures into a project, over ten labels and three splits."""
    question = workspace.labels.question(project_id)
    labels = [workspace.labels.add(question.id, f"label {n}").id for n in range(LABELS)]
    drawings = [_drawn(seed) for seed in range(different)]
    splits = [Split.TRAIN] * 7 + [Split.VALIDATION, Split.TEST, Split.TEST]
    new = []
    for number in range(pictures):
        jpeg = drawings[number % different]
        sha = workspace.pictures.put(jpeg + str(number).encode(), jpeg, jpeg)
        label = labels[number % LABELS]
        split = splits[number // LABELS % len(splits)]
        name = f"drawn {number:05d}.jpg"
        answers = {question.id: label}
        new.append(NewExample(sha, name, split, answers=answers, width=SIDE, height=SIDE))
    workspace.examples.add(project_id, new)


def _drawn(seed: int) -> bytes:
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 255, (16, 16, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def measure(project_id: str, rounds: int) -> dict[str, float]:
    """The median seconds of each thing that a visitor does."""
    from streamlit.testing.v1 import AppTest

    from pages.parts.frame.services import services
    from pages.parts.pictures.changes import change
    from pages.parts.pictures.gallery import Action

    app = AppTest.from_file(str(MAIN), default_timeout=PATIENCE)
    app.query_params["project"] = project_id
    app.switch_page("images.py")
    app.run()  # imports and first connections are not what is measured
    workspace = services().workspace
    question = workspace.labels.question(project_id)
    labels = workspace.labels.list(question.id)
    ids = tuple(example.id for example in workspace.examples.list(project_id, limit=48))
    look = f"look_at_label_{project_id}"

    def select(label: int | str) -> None:
        app.selectbox(key=look).set_value(label).run()

    steps: dict[str, Callable[[], object]] = {
        "the page": app.run,
        "one label": lambda: select(labels[3].id),
        "all labels again": lambda: select("all"),
        "48 pictures moved to a label": lambda: (
            change(Action("label", ids, str(labels[5].id)), labels, question),
            app.run(),
        ),
        "undone": lambda: app.button(key="undo_back").click().run(),
    }
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            seconds[name].append(time.perf_counter() - start)
            assert not app.exception, app.exception
    return {name: statistics.median(times) for name, times in seconds.items()}


def main() -> None:
    """Fill a fresh home, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRAFT_HOME"] = folder
        from pages.parts.frame.services import close_services, services

        try:
            project = services().workspace.projects.create("Many")
            start = time.perf_counter()
            fill(services().workspace, project.id, options.pictures)
            print(
                f"{options.pictures:,} pictures, put in within {time.perf_counter() - start:.0f} s"
            )
            for name, seconds in measure(project.id, options.rounds).items():
                print(f"{name:32} {seconds:6.2f} s")
        finally:
            close_services()


if __name__ == "__main__":
    main()
