"""The check-up: every detector over a project's pictures, those that need no features first."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from PIL import Image

from tlcore.errors import GraftError
from tlcore.images.intake.report import Refusal
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.quality.checkup.copies import CopyGroup, find_copies
from tlcore.quality.checkup.detectors import DETECTORS, Detector, Evidence
from tlcore.quality.checkup.findings import CheckUp, Finding, Kind, in_order
from tlcore.quality.checkup.measures import Measured
from tlcore.quality.features import example_features
from tlcore.quality.linear import Features
from tlcore.quality.pictures import ProjectPictures
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures

MEASURING = "Measuring light and sharpness"
COMPARING = "Looking for copies"
DOUBTING = "Looking for wrong labels and odd pictures"


@dataclass
class _Work:
    """A check-up under way."""

    pictures: ProjectPictures
    backbone: str
    stop: Stop
    kept: Path
    findings: dict[Kind, list[Finding]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = round(time.perf_counter() - began + self.seconds.get(step, 0.0), 3)

    def run(self, detector: Detector, evidence: Evidence) -> None:
        """Put what it finds now in the place of what it found before."""
        with self.timed(detector.kind.value):
            self.findings[detector.kind] = list(detector.find(evidence))

    def outcome(self) -> CheckUp:
        return CheckUp(
            key=self.pictures.key,
            backbone=self.backbone,
            pictures=len(self.pictures.examples),
            findings=tuple(in_order(chain.from_iterable(self.findings.values()))),
            notes=tuple(self.notes),
            seconds=dict(self.seconds),
        )


def check_up(
    pictures: ProjectPictures,
    backbone: str,
    stop: Stop = never,
    kept: Path | None = None,
    refusals: Sequence[Refusal] = (),
) -> Generator[Event, None, CheckUp]:
    """Run every detector. Its value is the outcome; what was computed is kept for the next one.

    Yields `progress` events, and one `partial` with the data of a CheckUp once all is known that
    needs no features. A backbone that is not here leaves a note, not an error. Features are kept
    under the home `kept`, by default that of the pictures; `refusals` are files that did not come
    in. Raises Stopped, WorkspaceError.
    """
    work = _Work(pictures, backbone, stop, kept or pictures.home)
    measured = yield from _measured(work)
    with work.timed("copies"):
        copies = _copies(work, None)
    evidence = Evidence(pictures, measured.__getitem__, copies, None, refusals, stop)
    for detector in DETECTORS:
        if detector.features != "needed":
            work.run(detector, evidence)
    yield Event("partial", work.outcome().to_json())
    features = yield from _features(work)
    if features is not None:
        yield from _with_features(work, evidence, features)
    return work.outcome()


def _measured(work: _Work) -> Generator[Event, None, Measured]:
    """The measures of all pictures."""
    pictures = work.pictures
    measured = Measured(pictures.home, pictures.project)
    shas = [example.picture for example in pictures.examples]
    with work.timed("measures"):
        for done, total in measured.fill(shas, work.stop):
            yield Event("progress", {"doing": MEASURING, "done": done, "total": total})
        check(work.stop)
    return measured


def _features(work: _Work) -> Generator[Event, None, Features | None]:
    pictures = work.pictures
    try:
        with work.timed("features"):
            return (
                yield from example_features(
                    pictures.home, pictures.examples, work.backbone, work.stop, work.kept
                )
            )
    except GraftError as problem:
        work.notes.append(
            "Cropped copies, odd pictures and wrong labels were not looked for: " + problem.message
        )
        return None


def _with_features(work: _Work, evidence: Evidence, features: Features) -> Iterator[Event]:
    """Run the detectors that features (N, F) help, with copies that have other borders."""
    yield Event("progress", {"doing": COMPARING, "done": 0, "total": 1})
    with work.timed("crops"):
        copies = _copies(work, features)
    evidence = replace(evidence, copies=copies, features=features)
    yield Event("progress", {"doing": DOUBTING, "done": 0, "total": 1})
    for detector in DETECTORS:
        if detector.features != "unused":
            check(work.stop)
            work.run(detector, evidence)
    yield Event("progress", {"doing": DOUBTING, "done": 1, "total": 1})


def _copies(work: _Work, features: Features | None) -> list[CopyGroup]:
    examples = work.pictures.examples
    stored = Pictures(Layout(work.pictures.home).pictures)

    def thumbnail(sha: str) -> Image.Image:
        with Image.open(stored.thumbnail(sha), formats=("JPEG",)) as picture:
            picture.load()
            return picture

    return find_copies(
        [example.picture for example in examples],
        [example.perceptual_hash for example in examples],
        thumbnail if features is not None else None,
        features,
        work.stop,
    )
