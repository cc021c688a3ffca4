"""Copies: re-encoded, resized and cropped ones are found, different pictures never joined."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tests.quality.drawn import LABELS, cropped, draw
from tlcore.images.near_duplicates import fingerprint
from tlcore.jobs.stopping import Stopped
from tlcore.quality.checkup.alignment import agreement, grey
from tlcore.quality.checkup.copies import CopyGroup, find_copies

ORIGINALS = [draw(label, number) for label in LABELS for number in range(8)]


def search(images: list[Image.Image], **options: object) -> list[CopyGroup]:
    names = [f"{number:064x}" for number in range(len(images))]
    by_name = dict(zip(names, images, strict=True))
    return find_copies(
        names, [fingerprint(image) for image in images], by_name.__getitem__, **options
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.resize((64, 64)),
        lambda image: image.resize((200, 180)),
        lambda image: cropped(image, 0.03),
        lambda image: cropped(image, 0.08),
        lambda image: image.crop((12, 0, 128, 128)),
        lambda image: cropped(image, 0.06).resize((90, 90)),
    ],
)
def test_each_copy_is_found_and_joined_with_its_original_only(
    change: Callable[[Image.Image], Image.Image],
) -> None:
    chosen = range(0, len(ORIGINALS), 3)
    groups = search(ORIGINALS + [change(ORIGINALS[place]) for place in chosen])
    wanted = {(place, len(ORIGINALS) + n) for n, place in enumerate(chosen)}
    assert {group.members for group in groups} == wanted


def test_the_same_bytes_come_first_and_near_copies_hold_them_too() -> None:
    image = ORIGINALS[0]
    hashes = [fingerprint(image), fingerprint(image), fingerprint(image.resize((80, 80))), None]
    assert find_copies(["a", "a", "b", "c"], hashes) == [
        CopyGroup((0, 1), "same"),
        CopyGroup((0, 1, 2), "near"),
    ]


def test_what_a_backbone_finds_unlike_is_not_tried() -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(len(ORIGINALS) + 1, 30)).astype(np.float32)
    cut = [*ORIGINALS, cropped(ORIGINALS[2], 0.1)]
    with_likeness = features.copy()
    with_likeness[-1] = with_likeness[2] * 1.1
    assert [g.members for g in search(cut, features=with_likeness)] == [(2, len(ORIGINALS))]


def test_it_stops_when_asked() -> None:
    with pytest.raises(Stopped):
        search([*ORIGINALS, cropped(ORIGINALS[2], 0.1)], stop=lambda: True)


def test_scale_and_shift_are_found() -> None:
    image = ORIGINALS[1]
    whole = np.stack([grey(image)] * 2)
    parts = np.stack([grey(image), grey(image.crop((13, 0, 128, 115)))])
    agreeing = agreement(whole, parts)
    assert (agreeing.shape > 0.97).all() and (agreeing.detail > 0.9).all()
    assert agreeing.scale[0] < 0.02
    assert agreeing.scale[1] == pytest.approx(-np.log(115 / 128), abs=0.03)
    assert (agreeing.overlap > 0.9).all()


def test_different_pictures_of_one_kind_do_not_agree() -> None:
    pictures = np.stack([grey(image) for image in ORIGINALS])
    first, second = np.triu_indices(len(pictures), 1)
    agreeing = agreement(pictures[first], pictures[second])
    assert ((agreeing.shape >= 0.97) & (agreeing.detail >= 0.88)).sum() == 0


def test_a_picture_of_one_colour_agrees_with_nothing() -> None:
    flat = np.full((1, 64, 64), 0.5, np.float32)
    agreeing = agreement(np.concatenate([flat, flat]), np.stack([flat[0], grey(ORIGINALS[0])]))
    assert np.isfinite(agreeing.shape).all() and (agreeing.detail < 0.5).all()


def test_tiny_pictures_are_not_stretched_until_they_agree() -> None:
    images = [draw("rings", number, 128).resize((24, 24)) for number in range(12)]
    groups = search([*images, images[0].crop((2, 1, 24, 24))])
    assert "cropped" not in {group.how for group in groups}
