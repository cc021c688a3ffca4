"""Pictures for the journeys: photographs where they lie beside the project, else drawn leaves."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import SHARED
from tlcore.images.samples.samples import sample_sources

FLOWERS = SHARED / "data" / "flowers5"
LABELS = ("dandelion", "tulips")
DRAWN_LABELS = ("healthy", "eaten")
TO_LEARN, NEW = 16, 8  # of each label


@dataclass(frozen=True)
class Photographs:
    """`folder` holds a subfolder per label; `new` are pictures of each label that are not in it."""

    folder: Path
    new: dict[str, list[Path]]

    @property
    def labels(self) -> list[str]:
        return sorted(self.new)

    @property
    def number(self) -> int:
        """How many pictures the folder holds."""
        return len(self.labels) * TO_LEARN


def lay_out(place: Path) -> Photographs:
    """Put photographs, or leaves where there are none, into folders below `place`."""
    sets = _real() if FLOWERS.is_dir() else _drawn(place / "drawn")
    for label, (files, _) in sets.items():
        (place / "pictures" / label).mkdir(parents=True)
        for file in files:
            shutil.copy(file, place / "pictures" / label)
    return Photographs(place / "pictures", {label: new for label, (_, new) in sets.items()})


def _real() -> dict[str, tuple[list[Path], list[Path]]]:
    def some(split: str, label: str, number: int) -> list[Path]:
        return sorted((FLOWERS / split / label).iterdir())[:number]

    return {name: (some("train", name, TO_LEARN), some("val", name, NEW)) for name in LABELS}


def _drawn(place: Path) -> dict[str, tuple[list[Path], list[Path]]]:
    place.mkdir(parents=True)
    files: dict[str, list[Path]] = {label: [] for label in DRAWN_LABELS}
    for source in sample_sources("leaves"):
        if source.label in files and len(files[source.label]) < TO_LEARN + NEW:
            files[source.label].append(place / source.name)
            files[source.label][-1].write_bytes(source.read())
    return {label: (drawn[:TO_LEARN], drawn[TO_LEARN:]) for label, drawn in files.items()}
