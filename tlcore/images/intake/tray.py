"""The tray: pictures that somebody sent and nobody has accepted yet. They are in no project."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tlcore.errors import GraftError
from tlcore.images.intake.ingest import as_text
from tlcore.images.intake.sources import Source, from_files, read_file
from tlcore.images.reduction import working_copy
from tlcore.workspace.files import write_json
from tlcore.workspace.paths import Layout

MOST = 500  # pictures waiting in one project
LONGEST_NAME = 200


@dataclass(frozen=True)
class Waiting:
    """A picture that waits: `label` is its label's name, `at` a Unix time in seconds."""

    id: str
    label: str
    name: str
    at: float
    original: Path
    thumbnail: Path


class Tray:
    """What waits for one project. Safe for several threads."""

    def __init__(self, home: Path, project_id: str) -> None:
        if not project_id.isalnum():
            raise ValueError(f"not a project id: {project_id!r}")
        self.project_id = project_id
        self._folder = Layout(home).home / "tray" / project_id

    def add(self, label: str, name: str, data: bytes) -> Waiting:
        """Check a picture and let it wait.

        Raises:
            PictureRefused: it is no picture that can be read.
            GraftError: the tray is full, or the disk is.
        """
        if len(list(self._folder.glob("*.json"))) >= MOST:
            raise GraftError(
                f"The tray is full: {MOST} pictures wait.", "Accept them on the computer first."
            )
        copy = working_copy(data)
        place = uuid.uuid4().hex
        about = {"label": label, "name": as_text(name)[:LONGEST_NAME], "at": time.time()}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._path(place, "original").write_bytes(data)
            self._path(place, "thumbnail").write_bytes(copy.thumbnail)
            write_json(self._path(place, "json"), about)  # last: it makes the picture visible
        except OSError as problem:
            raise GraftError(
                f"The picture cannot be kept ({problem.strerror or problem}).",
                "Free some space on the disk, then send it again.",
            ) from problem
        return self._waiting(place, about)

    def list(self) -> list[Waiting]:
        """What waits, the oldest first."""
        pictures = []
        for path in self._folder.glob("*.json"):
            try:
                about = json.loads(path.read_text(encoding="utf-8"))
                pictures.append(self._waiting(path.stem, about))
            except (OSError, ValueError, KeyError):  # taken or thrown away at this moment
                continue
        return sorted(pictures, key=lambda picture: (picture.at, picture.id))

    def drop(self, waiting: Iterable[Waiting]) -> None:
        """Throw these away; those that are gone already are passed over."""
        for picture in waiting:
            for kind in ("json", "thumbnail", "original"):
                self._path(picture.id, kind).unlink(missing_ok=True)

    def _waiting(self, place: str, about: dict[str, object]) -> Waiting:
        return Waiting(
            id=place,
            label=str(about["label"]),
            name=str(about["name"]),
            at=float(str(about["at"])),
            original=self._path(place, "original"),
            thumbnail=self._path(place, "thumbnail"),
        )

    def _path(self, place: str, kind: str) -> Path:
        return self._folder / f"{place}.{kind}"


def as_sources(waiting: Iterable[Waiting]) -> list[Source]:
    """What waits, to be taken in under the label that it was sent for."""
    sources = []
    for picture in waiting:
        read = partial(read_file, picture.original)
        sources += from_files([(picture.name, read)], label=picture.label)
    return sources
