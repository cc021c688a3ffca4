"""Near-duplicates: copies are found however they were made, different pictures stay apart."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlcore.images.decode import decode
from tlcore.images.near_duplicates import fingerprint, near_duplicate_groups, near_links
from tlcore.images.reduction import working_copy
from tlcore.images.samples.leaves import LABELS, draw_leaf
from tlcore.images.samples.samples import sample_sources


def recoded(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=40)
    return decode(buffer.getvalue())


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "quality 40": recoded,
    "half as large": lambda image: image.resize((image.width // 2, image.height // 2)),
    "larger": lambda image: image.resize((image.width * 3 // 2, image.height * 3 // 2)),
    "brighter": lambda image: image.point(lambda value: min(255, value * 1.08)),
}


@pytest.fixture(scope="module")
def leaves() -> list[Image.Image]:
    return [draw_leaf(label, number) for label in LABELS for number in range(8)]


@pytest.mark.parametrize("kind", COPIES)
def test_copies_are_found_and_nothing_else(leaves: list[Image.Image], kind: str) -> None:
    count = len(leaves)
    hashes = [fingerprint(image) for image in [*leaves, *map(COPIES[kind], leaves)]]
    assert near_duplicate_groups(hashes) == [[n, n + count] for n in range(count)]


def test_uniform_pictures_of_other_colours_stay_apart() -> None:
    colours = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (90, 90, 90), (200, 200, 200)]
    hashes = [fingerprint(Image.new("RGB", (64, 64), colour)) for colour in colours]
    assert near_duplicate_groups(hashes) == []
    assert near_duplicate_groups([hashes[0], hashes[1], hashes[0]]) == [[0, 2]]


def test_pictures_without_a_fingerprint_are_in_no_group(leaves: list[Image.Image]) -> None:
    same = fingerprint(leaves[0])
    assert near_duplicate_groups([None, same, None, same]) == [[1, 3]]
    assert near_duplicate_groups([None, None]) == near_duplicate_groups([]) == []


def test_new_pictures_are_compared_with_all_and_old_ones_not_again(
    leaves: list[Image.Image],
) -> None:
    a, b = fingerprint(leaves[0]), fingerprint(leaves[1])
    smaller = fingerprint(leaves[1].resize((100, 100)))
    assert smaller != b
    old = [a, b, a, None]
    assert set(near_links([*old, b, smaller], since=4)) == {(1, 4), (4, 5)}
    assert set(near_links([*old, smaller, a], since=4)) == {(1, 4), (2, 5)}
    assert set(near_links(old, since=4)) == set()


def test_many_pictures_are_compared_in_blocks(leaves: list[Image.Image]) -> None:
    """Frames of three scenes: every frame a little darker than the one before."""
    scenes = [leaves[n].resize((32, 32)) for n in (0, 9, 17)]
    frames = [
        fingerprint(scene.point(lambda value, n=n: value * (1 - n / 12_000)))
        for scene in scenes
        for n in range(0, 1200, 3)
    ]
    assert len(set(frames)) > 600
    groups = near_duplicate_groups(frames)
    assert groups == [list(range(n, n + 400)) for n in (0, 400, 800)]


@pytest.mark.parametrize(("sample", "largest"), [("digits", 4), ("surfaces", 1)])
def test_samples_do_not_collapse_into_groups(sample: str, largest: int) -> None:
    sources = list(sample_sources(sample))[::2]
    groups = near_duplicate_groups([working_copy(s.read()).perceptual_hash for s in sources])
    assert max((len(group) for group in groups), default=1) <= largest
    assert all(len({sources[n].label for n in group}) == 1 for group in groups)


def test_different_photographs_stay_apart(shared: Path) -> None:
    files = sorted((shared / "data" / "trashnet").rglob("*.jpg"))[::6]
    hashes = [working_copy(file.read_bytes()).perceptual_hash for file in files]
    assert len(files) > 50 and near_duplicate_groups(hashes) == []


def test_the_known_copies_among_the_scans_are_found(shared: Path) -> None:
    files = sorted((shared / "data" / "messy_mri").rglob("*"))
    data = [file.read_bytes() for file in files if file.is_file()]
    hashes = [working_copy(picture).perceptual_hash for picture in data]
    groups = {n: group for group in near_duplicate_groups(hashes) for n in group}
    same = {picture: n for n, picture in enumerate(data)}
    for n, picture in enumerate(data):
        assert same[picture] == n or same[picture] in groups[n]
    assert np.max([len(group) for group in groups.values()]) <= 8
