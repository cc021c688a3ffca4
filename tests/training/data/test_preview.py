"""The preview on a page shows the pixels that training sees."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.conftest import draw
from tlcore.images.pixels import load_rgb
from tlcore.images.reduction import working_copy
from tlcore.training.data.augmentation import KINDS, Augmentation
from tlcore.training.data.preview import BLEND, blended_pictures, view_pictures

ALL = Augmentation(
    flips=True, flips_vertical=True, turn=30, crops=True, brightness=0.5, contrast=0.5,
    colour=0.5, erasing=1.0, seed=4,
)  # fmt: skip


def copy_of(label: str, side: int = 96) -> bytes:
    with io.BytesIO() as file:
        draw(label, np.random.default_rng(3), side).save(file, "PNG")
        return working_copy(file.getvalue()).jpeg


def read(jpeg: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(jpeg)) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def test_the_preview_is_the_view_that_training_reads(tmp_path: Path) -> None:
    """Decoded by Pillow for the page and by torchvision for training, changed by the same code."""
    assert set(KINDS) <= set(ALL.model_dump(exclude_defaults=True))
    copy = copy_of("dots")
    path = tmp_path / "copy"
    path.write_bytes(copy)
    for view, shown in enumerate(view_pictures(copy, "a", ALL, range(4), side=1000)):
        trained = ALL.apply(load_rgb(path), "a", view)
        with io.BytesIO() as file:
            Image.fromarray(trained).save(file, "JPEG", quality=88, subsampling=0)
            expected = read(file.getvalue())
        assert read(shown).shape == trained.shape
        assert np.abs(read(shown) - expected).mean() < 1


def test_previews_are_small() -> None:
    shown = view_pictures(copy_of("stripes", 500), "a", ALL, [0, 1, 2], side=100)
    assert all(max(read(jpeg).shape) == 100 for jpeg in shown)
    assert sum(map(len, shown)) < 60_000


def test_blends_show_both_pictures_in_their_shares() -> None:
    black, white = (jpeg_of(level) for level in (0, 255))
    mixed, pasted = (read(jpeg) for jpeg in blended_pictures(black, white, side=100))
    assert mixed.shape == pasted.shape == (100, 100, 3)
    assert mixed.std() < 2
    for blend in (mixed, pasted):
        assert blend.mean() / 255 == pytest.approx(1 - BLEND, abs=0.02)
    assert pasted[:30, :30].max() < 10 and pasted[50:, 50:].min() > 245


def jpeg_of(level: int) -> bytes:
    with io.BytesIO() as file:
        Image.new("RGB", (120, 80), (level,) * 3).save(file, "JPEG")
        return file.getvalue()
