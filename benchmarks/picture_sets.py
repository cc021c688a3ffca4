"""Small picture sets on disk, for benchmarks: one folder per label, split or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

CLASSIFICATION_SETS = (
    "ants_bees",
    "flowers5",
    "trashnet",
    "potato_leaf",
    "rsscn7",
    "sign_digits",
    "clothing_small",
)
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True)
class PictureSet:
    """Paths, targets (N,) as numbers, and which pictures are for testing (None: no split given)."""

    name: str
    paths: tuple[Path, ...]
    targets: npt.NDArray[np.int64]
    testing: npt.NDArray[np.bool_] | None

    def draw(
        self, per_class: int, seed: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Places of `per_class` training pictures of each label, and of the test pictures.

        Without a given split, all pictures that are not drawn are tested on.
        """
        random = np.random.default_rng(seed)
        free = np.ones(len(self.targets), bool) if self.testing is None else ~self.testing
        drawn = [
            random.permutation(np.flatnonzero(free & (self.targets == label)))[:per_class]
            for label in range(int(self.targets.max()) + 1)
        ]
        training = np.concatenate(drawn)
        rest = np.ones(len(self.targets), bool) if self.testing is None else self.testing.copy()
        rest[training] = False
        return training, np.flatnonzero(rest)


def read_set(folder: Path) -> PictureSet:
    """Read `folder`: labels as subfolders, or `train/` beside `test/` (or `val/`) with them."""
    train = folder / "train"
    if not train.is_dir():
        rows = _rows(folder, testing=False)
        split = False
    else:
        held_out = next(p for p in (folder / "test", folder / "val") if p.is_dir())
        rows = _rows(train, testing=False) + _rows(held_out, testing=True)
        split = True
    labels = sorted({label for _, label, _ in rows})
    return PictureSet(
        folder.name,
        tuple(path for path, _, _ in rows),
        np.array([labels.index(label) for _, label, _ in rows]),
        np.array([testing for _, _, testing in rows]) if split else None,
    )


def unsplit(folder: Path) -> PictureSet:
    """Read `folder` without regard to its own split: whatever is not drawn can be tested on."""
    return replace(read_set(folder), testing=None)


def _rows(folder: Path, *, testing: bool) -> list[tuple[Path, str, bool]]:
    return [
        (path, path.parent.name, testing)
        for path in sorted(folder.glob("*/*"))
        if path.suffix.lower() in SUFFIXES
    ]
