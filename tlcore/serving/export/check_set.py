"""The pictures that an export is checked with: the user's own test pictures wherever there are any.

No torch here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image

from tlcore.errors import GraftError, PictureRefused
from tlcore.images.intake.sources import from_folder
from tlcore.images.reduction import encode, working_copy
from tlcore.serving.formats.comparison import CheckPicture
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Split

_Item = TypeVar("_Item")
MOST_PICTURES = 200
MOST_CALIBRATION = 100
ORIGIN = "pictures of yours"
NAMES = {Split.TEST: "test pictures", Split.VALIDATION: "validation pictures"}


@dataclass(frozen=True)
class CheckSet:
    """Pictures to check with. `origin` says in words whose; `calibration` are others, to round by.

    `calibration` holds working copies.
    """

    pictures: tuple[CheckPicture, ...]
    origin: str
    calibration: tuple[Path | bytes, ...] = ()


def from_project(workspace: Workspace, project_id: str, labels: Sequence[str]) -> CheckSet:
    """A project's test pictures (else its validation pictures), and training pictures to round by.

    Without either, drawn ones. At most 200, spread evenly.
    """
    question = workspace.labels.question(project_id)
    names = {label.id: label.name for label in workspace.labels.list(question.id)}
    targets = {name: index for index, name in enumerate(labels)}

    def check_picture(example: Example) -> CheckPicture:
        answer = example.answers.get(question.id)
        name = names.get(answer, "") if answer is not None else ""
        store = workspace.pictures
        copy, original = store.copy(example.picture), store.original(example.picture)
        return CheckPicture(copy, original, targets.get(name))

    train = _spread(workspace.examples.list(project_id, split=Split.TRAIN), MOST_CALIBRATION)
    calibration = tuple(workspace.pictures.copy(example.picture) for example in train)
    for split, words in NAMES.items():
        examples = _spread(workspace.examples.list(project_id, split=split), MOST_PICTURES)
        pictures = tuple(filter(_has_copy, map(check_picture, examples)))
        if pictures:
            return CheckSet(pictures, words, calibration)
    return CheckSet(drawn().pictures, drawn().origin, calibration or drawn().calibration)


def _has_copy(picture: CheckPicture) -> bool:
    return isinstance(picture.copy, Path) and picture.copy.is_file()


def from_pictures(folder: Path, labels: Sequence[str]) -> CheckSet:
    """The pictures of a folder; its subfolders are labels where they have the names of labels.

    Every third picture is for calibration where there are enough. Raises GraftError: no picture.
    """
    targets = {name: index for index, name in enumerate(labels)}
    pictures: list[CheckPicture] = []
    for source in _spread(from_folder(folder), MOST_PICTURES + MOST_CALIBRATION):
        try:
            data = source.read()
            copy = working_copy(data).jpeg
        except (PictureRefused, OSError):
            continue
        pictures.append(CheckPicture(copy, data, targets.get(source.label or "")))
    if not pictures:
        raise GraftError(f"There are no pictures in “{folder}”.", "Give a folder of pictures.")
    calibration = tuple(picture.copy for picture in pictures[1::3])
    if not calibration:
        return CheckSet(tuple(pictures), ORIGIN, (pictures[0].copy,))
    others = [picture for number, picture in enumerate(pictures) if number % 3 != 1]
    return CheckSet(tuple(others), ORIGIN, calibration)


@lru_cache(maxsize=1)
def drawn() -> CheckSet:
    """Random pictures of many shapes, for a classifier that comes without any pictures."""
    random = np.random.default_rng(20)
    shapes = [(640, 480), (480, 640), (96, 96), (640, 213), (61, 97), (320, 240)]
    jpegs: list[bytes] = []
    for number in range(48):
        blobs = random.integers(0, 256, (int(random.integers(2, 40)), 9, 3), np.uint8)
        large = Image.fromarray(blobs).resize(shapes[number % 6], Image.Resampling.BICUBIC)
        jpegs.append(encode(large))
    pictures = tuple(CheckPicture(data, data) for data in jpegs[:32])
    return CheckSet(pictures, "drawn pictures", tuple(jpegs[32:]))


def _spread(items: Sequence[_Item], most: int) -> list[_Item]:
    """At most `most` of the items, evenly from the whole."""
    if len(items) <= most:
        return list(items)
    return [items[number * len(items) // most] for number in range(most)]
