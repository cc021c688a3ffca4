"""Views of a picture are changed, bounded, and the same every time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tlcore.training.augment import SMALLEST_CROP, Augmentation

PICTURE = np.arange(40 * 30 * 3, dtype=np.uint8).reshape(40, 30, 3)


@given(st.integers(0, 2**31 - 1), st.text(max_size=5), st.integers(1, 99))
def test_the_same_view_has_the_same_pixels(seed: int, picture: str, view: int) -> None:
    augment = Augmentation(flips=True, crops=True, seed=seed)
    once, again = (augment.apply(PICTURE, picture, view) for _ in range(2))
    assert np.array_equal(once, again)
    assert once.size >= SMALLEST_CROP * 0.85 * PICTURE.size
    assert once.shape[0] <= 40 and once.shape[1] <= 30


@given(st.integers(1, 1), st.integers(1, 3))
def test_the_smallest_pictures_survive(height: int, width: int) -> None:
    tiny = np.zeros((height, width, 3), np.uint8)
    assert Augmentation(flips=True, crops=True).apply(tiny, "a", 1).size > 0


def test_view_zero_and_no_augmentation_leave_the_picture_alone() -> None:
    assert Augmentation(flips=True, crops=True).apply(PICTURE, "a", 0) is PICTURE
    assert Augmentation().apply(PICTURE, "a", 3) is PICTURE
    assert Augmentation(flips=True).view_name(0) == Augmentation().view_name(2) == "plain"


def test_views_differ_and_so_do_their_names() -> None:
    augment = Augmentation(flips=True, crops=True)
    views = [augment.apply(PICTURE, "a", view) for view in range(1, 6)]
    assert len({view.tobytes() for view in views}) == 5
    assert len({augment.view_name(view) for view in range(6)}) == 6
    other = Augmentation(flips=True, crops=True, seed=1)
    assert other.view_name(1) != augment.view_name(1)


def test_flips_alone_mirror_about_half_of_the_pictures() -> None:
    flips = Augmentation(flips=True)
    mirrored = [not np.array_equal(flips.apply(PICTURE, str(n), 1), PICTURE) for n in range(200)]
    assert 70 < sum(mirrored) < 130
    assert all(
        np.array_equal(flips.apply(PICTURE, str(n), 1), PICTURE[:, ::-1])
        for n in range(200)
        if mirrored[n]
    )
