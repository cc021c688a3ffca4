"""The check-up: every look at a project's pictures, the quick ones first."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tlcore.errors import GraftError
from tlcore.images.near_duplicates import join
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.quality.checkup.balance import balance_findings
from tlcore.quality.checkup.copies import CopyGroup, find_copies
from tlcore.quality.checkup.duplicates import copy_findings
from tlcore.quality.checkup.findings import CheckUp, Finding, in_order
from tlcore.quality.checkup.measures import Measured
from tlcore.quality.checkup.outliers import outlier_findings
from tlcore.quality.checkup.shortcuts import shortcut_findings
from tlcore.quality.checkup.suspects import suspect_findings
from tlcore.quality.checkup.technical import technical_findings
from tlcore.quality.features import of_examples
from tlcore.quality.linear import Features, Targets
from tlcore.quality.pictures import ProjectPictures
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures
from tlcore.workspace.records import Example

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
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] = round(time.perf_counter() - began, 3)

    def outcome(self) -> CheckUp:
        return CheckUp(
            key=self.pictures.key,
            backbone=self.backbone,
            pictures=len(self.pictures.examples),
            findings=tuple(in_order(self.findings)),
            notes=tuple(self.notes),
            seconds=dict(self.seconds),
        )


def check_up(
    pictures: ProjectPictures, backbone: str, stop: Stop = never, kept: Path | None = None
) -> Generator[Event, None, CheckUp]:
    """Look at everything. Its value is the outcome; what was computed is kept for the next one.

    Yields `progress` events, and one `partial` with the data of a CheckUp once all is known that
    needs no features. A backbone that is not here leaves a note, not an error. Features are kept
    under the home `kept`, by default that of the pictures. Raises Stopped, WorkspaceError.
    """
    work = _Work(pictures, backbone, stop, kept or pictures.home)
    yield from _measure(work)
    with work.timed("copies"):
        copies = _copies(work, None)
    work.findings += copy_findings(pictures, copies)
    yield Event("partial", work.outcome().to_json())
    features = yield from _features(work)
    if features is not None:
        yield from _deeper(work, features)
    return work.outcome()


def _measure(work: _Work) -> Iterator[Event]:
    pictures = work.pictures
    measured = Measured(pictures.home, pictures.project)
    with work.timed("measures"):
        for done, total in measured.fill(
            [example.picture for example in pictures.examples], work.stop
        ):
            yield Event("progress", {"doing": MEASURING, "done": done, "total": total})
        check(work.stop)
    work.findings += technical_findings(pictures.examples, measured.__getitem__)
    work.findings += shortcut_findings(pictures, measured.__getitem__)
    work.findings += balance_findings(pictures)


def _features(work: _Work) -> Generator[Event, None, Features | None]:
    pictures = work.pictures
    try:
        with work.timed("features"):
            return (
                yield from of_examples(
                    pictures.home, pictures.examples, work.backbone, work.stop, work.kept
                )
            )
    except GraftError as problem:
        work.notes.append(
            "Cropped copies, odd pictures and wrong labels were not looked for: " + problem.message
        )
        return None


def _deeper(work: _Work, features: Features) -> Iterator[Event]:
    """What takes features: copies with other borders, odd pictures, doubtful labels."""
    pictures = work.pictures
    yield Event("progress", {"doing": COMPARING, "done": 0, "total": 1})
    with work.timed("crops"):
        copies = _copies(work, features)
    work.findings = [
        finding for finding in work.findings if finding.reason not in ("same", "near", "cropped")
    ]
    work.findings += copy_findings(pictures, copies)
    yield Event("progress", {"doing": DOUBTING, "done": 0, "total": 1})
    with work.timed("outliers"):
        work.findings += outlier_findings(pictures.examples, features)
    check(work.stop)
    with work.timed("suspects"):
        labelled, rows = labelled_rows(pictures, features)
        groups = units(pictures.examples, copies)[rows]
        work.findings += suspect_findings(pictures, labelled, features[rows], groups, work.stop)
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


def labelled_rows(pictures: ProjectPictures, features: Features) -> tuple[tuple[Example, ...], Any]:
    """The labelled examples, and their places (M,) among all."""
    known = {example.id for example in pictures.labelled}
    rows = [place for place, example in enumerate(pictures.examples) if example.id in known]
    return tuple(pictures.examples[place] for place in rows), np.array(rows, dtype=np.int64)


def units(examples: Sequence[Example], copies: Sequence[CopyGroup]) -> Targets:
    """A number (N,) for what belongs together: a person's groups and copies, joined."""
    first: dict[str, int] = {}
    pairs = [(group.members[0], other) for group in copies for other in group.members[1:]]
    for place, example in enumerate(examples):
        if example.group is not None:
            pairs.append((first.setdefault(example.group, place), place))
    numbers = np.zeros(len(examples), np.int64)
    for number, members in enumerate(join(len(examples), pairs)):
        numbers[members] = number
    return numbers
