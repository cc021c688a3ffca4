"""Which pictures an export is checked with: the user's own test pictures wherever there are any."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from tlcore.errors import GraftError, PictureRefused
from tlcore.images.intake.sources import from_folder
from tlcore.images.reduction import encode, working_copy
from tlcore.serving.export.agreement import CheckPicture, CheckSet
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Split

_Item = TypeVar("_Item")
MOST_PICTURES = 200
MOST_CALIBRATION = 100
NAMES = {Split.TEST: "test pictures", Split.VALIDATION: "validation pictures"}


def from_project(workspace: Workspace, project_id: str, labels: Sequence[str]) -> CheckSet:
    """A project's test pictures (else its validation pictures), and training pictures to round by.

    Without either, drawn ones. At most 200, spread evenly.
    """
    question = workspace.labels.question(project_id)
    names = {label.id: label.name for label in workspace.labels.list(question.id)}
    places = {name: index for index, name in enumerate(labels)}

    def pictured(example: Example) -> CheckPicture:
        given = example.answers.get(question.id)
        store = workspace.pictures
        name = names.get(given, "") if given is not None else ""
        copy, original = store.copy(example.picture), store.original(example.picture)
        return CheckPicture(copy, original, places.get(name))

    learned = _spread(workspace.examples.list(project_id, split=Split.TRAIN), MOST_CALIBRATION)
    calibration = tuple(workspace.pictures.copy(one.picture) for one in learned)
    for split, words in NAMES.items():
        found = workspace.examples.list(project_id, split=split)
        chosen = [pictured(one) for one in _spread(found, MOST_PICTURES)]
        chosen = [one for one in chosen if isinstance(one.copy, Path) and one.copy.is_file()]
        if chosen:
            return CheckSet(tuple(chosen), words, calibration)
    return CheckSet(drawn().pictures, drawn().origin, calibration or drawn().calibration)


def from_pictures(folder: Path, labels: Sequence[str]) -> CheckSet:
    """The pictures of a folder; its subfolders are labels where they have the names of labels.

    Every second picture is for rounding where there are enough. Raises GraftError: no picture.
    """
    places = {name: index for index, name in enumerate(labels)}
    found: list[CheckPicture] = []
    for source in _spread(from_folder(folder), MOST_PICTURES + MOST_CALIBRATION):
        try:
            data = source.read()
            copy = working_copy(data).jpeg
        except (PictureRefused, OSError):
            continue
        found.append(CheckPicture(copy, data, places.get(source.label or "")))
    if not found:
        raise GraftError(f"There are no pictures in “{folder}”.", "Give a folder of pictures.")
    others = tuple(one.copy for one in found[1::3])
    checked = [one for number, one in enumerate(found) if number % 3 != 1] if others else found
    return CheckSet(tuple(checked), "pictures of yours", others or (found[0].copy,))


@lru_cache(maxsize=1)
def drawn() -> CheckSet:
    """Pictures drawn by lot, of many shapes, for a classifier that comes without any pictures."""
    random = np.random.default_rng(20)
    shapes = [(640, 480), (480, 640), (96, 96), (640, 213), (61, 97), (320, 240)]
    made: list[bytes] = []
    for number in range(48):
        blobs = random.integers(0, 256, (int(random.integers(2, 40)), 9, 3), np.uint8)
        large = Image.fromarray(blobs).resize(shapes[number % 6], Image.Resampling.BICUBIC)
        made.append(encode(large))
    pictures = tuple(CheckPicture(data, data) for data in made[:32])
    return CheckSet(pictures, "drawn pictures", tuple(made[32:]))


def _spread(items: Sequence[_Item], most: int) -> list[_Item]:
    """At most so many, evenly from the whole."""
    if len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]
