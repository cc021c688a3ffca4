"""Shared by the page tests: the frame under AppTest, one engine, projects of drawn pictures."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages.parts.frame.services import Services, close_services, services
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.workspace.records import Project

MAIN = Path(__file__).resolve().parents[2] / "pages" / "main.py"
OpenPage = Callable[..., AppTest]


@pytest.fixture(scope="session")
def graft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The workspace and the engine that all page tests use, in a home of their own."""
    before = os.environ.get("GRAFT_HOME")
    os.environ["GRAFT_HOME"] = str(tmp_path_factory.mktemp("graft"))
    try:
        yield services()
    finally:
        close_services()
        if before is None:
            os.environ.pop("GRAFT_HOME")
        else:
            os.environ["GRAFT_HOME"] = before


@pytest.fixture
def project(graft: Services) -> Project:
    """A project with two labels, “dark” and “bright”, of 24 small drawn pictures each."""
    made = graft.workspace.projects.create("Day and night")
    for label, level in (("dark", 50), ("bright", 200)):
        files = [(f"{label} {number}.png", drawn(level, number)) for number in range(24)]
        ingest(graft.workspace, made.id, from_files(files, label=label))
    return made


@pytest.fixture
def open_page(graft: Services) -> OpenPage:
    """Open a page of the app, for a project if one is given, and run it once."""

    def opened(file: str, project: Project | None = None, **query: str) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=90)
        if project is not None:
            app.query_params["project"] = project.id
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page(file)
        return app.run()

    return opened


def drawn(level: int, seed: int) -> bytes:
    """A PNG of 64 × 64 points: blotches about a grey level, different for each seed."""
    random = np.random.default_rng([level, seed])
    coarse = random.normal(level, 25, (6, 6, 3)).clip(0, 255).astype(np.uint8)
    picture = Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC)
    with io.BytesIO() as file:
        picture.save(file, "PNG")
        return file.getvalue()
