"""A small project with one of everything that can be amiss, and its check-up; made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from PIL import Image, ImageEnhance, ImageFilter

from tests.quality.drawn import LABELS, cropped, draw, jpeg
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import Source
from tlcore.quality.checkup.findings import CheckUp, Finding, Kind
from tlcore.quality.pictures import ProjectPictures, read_pictures
from tlcore.quality.tasks import checkup_task
from tlcore.workspace import Workspace

PER_LABEL = 12


@dataclass(frozen=True)
class Clinic:
    """The project and what was found in it."""

    workspace: Workspace
    pictures: ProjectPictures
    checkup: CheckUp
    kinds_of_events: tuple[str, ...]

    @property
    def payload(self) -> dict[str, object]:
        return {"home": str(self.workspace.home), "project": self.pictures.project}

    def found(self, kind: Kind, reason: str = "") -> list[Finding]:
        """The findings of one kind (and reason)."""
        every = [finding for finding in self.checkup.findings if finding.kind is kind]
        return [finding for finding in every if not reason or finding.reason == reason]

    def files(self, kind: Kind, reason: str = "") -> list[set[str]]:
        """Their files."""
        return [set(finding.files) for finding in self.found(kind, reason)]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def sources() -> Iterator[tuple[str, str, Image.Image | bytes]]:
    """Label, name and picture of everything in the project."""
    for label in LABELS:
        for number in range(PER_LABEL):
            yield label, f"{label}{number}.jpg", draw(label, number)
    yield "rings", "again.jpg", jpeg(draw("stripes", 0))  # a contradiction
    yield "rings", "smaller.jpg", draw("rings", 1).resize((90, 90))
    yield "squares", "cropped.jpg", cropped(draw("squares", 2), 0.08)
    yield "squares", "wrong.jpg", draw("stripes", 100)
    yield "stripes", "blurred.jpg", draw("stripes", 101).filter(ImageFilter.GaussianBlur(5))
    yield "rings", "dark.jpg", ImageEnhance.Brightness(draw("rings", 102)).enhance(0.1)
    yield "rings", "tiny.jpg", draw("rings", 103).resize((20, 20))
    yield "stripes", "narrow.jpg", draw("stripes", 104, 300).crop((0, 0, 300, 50))
    yield "squares", "empty.jpg", Image.new("RGB", (128, 128), (90, 130, 90))


def add(workspace: Workspace, project_id: str, label: str | None, name: str, data: bytes) -> None:
    """Take one picture into a project."""
    report = ingest(workspace, project_id, [Source(name, lambda: data, label)])
    assert report.accepted == 1, report


@pytest.fixture(scope="session")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    torch.set_num_threads(1)
    workspace = Workspace.open(tmp_path_factory.mktemp("clinic"))
    project = workspace.projects.create("Clinic").id
    files = [
        Source(name, lambda data=picture: data if isinstance(data, bytes) else jpeg(data), label)
        for label, name, picture in sources()
    ]
    assert ingest(workspace, project, files).accepted == len(files)
    payload = {"home": str(workspace.home), "project": project}
    events = list(checkup_task(payload, lambda: False))
    checkup = CheckUp.from_json(events[-1].data)
    kinds = tuple(event.kind for event in events)
    yield Clinic(workspace, read_pictures(workspace, project), checkup, kinds)
    workspace.close()
