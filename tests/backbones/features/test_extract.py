"""Each picture is looked at once, with the very pixels that a prediction would see."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.backbones.networks import network
from tlcore.backbones.cut.cut import cut
from tlcore.backbones.features.extract import Picture, compute_features, extract, read_picture
from tlcore.backbones.features.store import FeatureKey, FeatureStore, Shelf
from tlcore.backbones.preprocessing import Preprocessing
from tlcore.errors import PictureRefused

PREPROCESSING = Preprocessing(input_size=(3, 64, 64))


@pytest.fixture
def pictures(tmp_path: Path) -> list[Picture]:
    """Eleven small JPEGs."""
    made = []
    for number in range(11):
        pixels = np.random.default_rng(number).integers(0, 256, (50, 80, 3), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG")
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(file.getvalue())
        made.append(Picture(hashlib.sha256(file.getvalue()).hexdigest(), path))
    return made


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    store = FeatureStore(tmp_path / "features")
    return store.open(FeatureKey("test", 3, "plain", (3, 64, 64), "float32"))


def test_it_keeps_what_the_prefix_says(pictures: list[Picture], shelf: Shelf) -> None:
    module, size = network("test_resnet")
    halves = cut(module, 3, size)
    counts = list(extract(halves.prefix, pictures, PREPROCESSING, shelf, batch_size=4))
    assert counts == [(0, 11), (4, 11), (8, 11), (11, 11)]
    (kept,) = shelf.read([picture.sha for picture in pictures])
    for picture, features in zip(pictures, kept, strict=True):
        pixels = torch.from_numpy(read_picture(picture, PREPROCESSING))[None]
        with torch.no_grad():
            (expected,) = halves.prefix.eval()(PREPROCESSING.normalise(pixels))
        torch.testing.assert_close(features.float(), expected[0], rtol=2e-3, atol=2e-3)


def test_only_what_is_missing_is_computed_and_each_once(
    pictures: list[Picture], shelf: Shelf
) -> None:
    module, size = network("test_resnet")
    prefix = cut(module, 5, size).prefix
    seen: list[int] = []
    module.conv1.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    list(extract(prefix, [*pictures[:6], *pictures[:6]], PREPROCESSING, shelf))
    assert seen == [6]
    assert list(extract(prefix, pictures, PREPROCESSING, shelf)) == [(0, 5), (5, 5)]
    assert list(extract(prefix, pictures, PREPROCESSING, shelf)) == [(0, 0)]
    assert seen == [6, 5]


def test_it_ends_when_asked_to_and_keeps_what_is_done(
    pictures: list[Picture], shelf: Shelf
) -> None:
    module, size = network("test_resnet")
    prefix = cut(module, 5, size).prefix
    done = [0]
    for count, _ in extract(prefix, pictures, PREPROCESSING, shelf, batch_size=2,
                            stop=lambda: done[0] >= 4):  # fmt: skip
        done.append(count)
        done[0] = count
    assert done[-1] == 4
    names = [picture.sha for picture in pictures]
    assert shelf.missing(names) == names[4:]
    working = extract(prefix, pictures, PREPROCESSING, shelf, batch_size=2)
    next(working), next(working)
    working.close()
    assert shelf.missing(names) == names[6:]


def test_a_picture_that_cannot_be_read_is_told_of(
    pictures: list[Picture], shelf: Shelf, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff but no more")
    module, size = network("test_resnet")
    with pytest.raises(PictureRefused):
        list(extract(cut(module, 5, size).prefix, [*pictures, Picture("f" * 64, broken)],
                     PREPROCESSING, shelf, batch_size=4))  # fmt: skip
    assert len(shelf.missing([picture.sha for picture in pictures])) < len(pictures)


def test_looking_changes_no_statistics_even_when_everything_was_training() -> None:
    module, size = network("test_resnet")
    module.train()
    halves = cut(module, 5, size)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    halves.prefix.eval()
    pixels = torch.randint(0, 256, (3, *size), dtype=torch.uint8)
    (kept,) = compute_features(halves.prefix, pixels, PREPROCESSING)
    assert kept.dtype == torch.float32 and not kept.requires_grad
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_bfloat16_gives_nearly_the_same() -> None:
    module, size = network("test_resnet")
    prefix = cut(module, 5, size).prefix.eval()
    pixels = torch.randint(0, 256, (3, *size), dtype=torch.uint8)
    (plain,) = compute_features(prefix, pixels, PREPROCESSING)
    (short,) = compute_features(prefix, pixels, PREPROCESSING, "bfloat16")
    assert not torch.equal(plain, short)
    torch.testing.assert_close(short, plain, rtol=0.1, atol=0.1 * float(plain.abs().max()))
