"""A tiny set of pictures that can be learned: stripes, dots and plain, in random colours."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.workspace.records import Split

LABELS = ("dots", "plain", "stripes")


def draw(label: str, random: np.random.Generator, side: int = 64) -> Image.Image:
    """One picture of a label, in two random colours."""
    back, front = random.integers(0, 256, (2, 3))
    front = (front + 128) % 256
    pixels = np.tile(back.astype(np.uint8), (side, side, 1))
    step = int(random.integers(6, 12))
    if label == "stripes":
        pixels[:, np.arange(side) % step < step // 2] = front
    if label == "dots":
        rows, columns = np.indices((side, side)) % step
        pixels[(rows < step // 2) & (columns < step // 2)] = front
    return Image.fromarray(pixels)


def write_set(folder: Path, *, train: int, validation: int, test: int) -> TrainingSet:
    """So many pictures per label and split, as working copies in `folder`."""
    random = np.random.default_rng(1)
    examples = []
    splits = [Split.TRAIN] * train + [Split.VALIDATION] * validation + [Split.TEST] * test
    for target, label in enumerate(LABELS):
        for number, split in enumerate(splits):
            path = folder / f"{label}-{number}.jpg"
            draw(label, random).save(path, quality=92)
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
            examples.append(TrainingExample(len(examples) + 1, sha, path, target, split))
    return TrainingSet(LABELS, tuple(examples))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    return write_set(tmp_path_factory.mktemp("pictures"), train=8, validation=4, test=4)


@pytest.fixture(scope="session")
def kept_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose kept features several tests share."""
    return tmp_path_factory.mktemp("kept")
