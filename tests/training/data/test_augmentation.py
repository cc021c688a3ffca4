"""Views of a picture are changed, bounded, and the same every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.training.data.augmentation import KINDS, STRONGEST, Augmentation
from tlcore.training.data.pixel_ops import LARGEST_PATCH, SMALLEST_CROP, colours, shift_hue, turn
from tlcore.training.recipe.recipe import Recipe

RAMP = np.indices((40, 30)).sum(0).astype(np.uint8)
PICTURE = np.stack([3 * RAMP, 200 - RAMP, 90 + RAMP], axis=2).astype(np.uint8)
EACH: dict[str, Any] = {
    "flips": True, "flips_vertical": True, "turn": 40.0, "crops": True, "brightness": 0.4,
    "contrast": 0.4, "colour": 0.4, "erasing": 1.0,
}  # fmt: skip


@settings(max_examples=40)
@given(st.integers(0, 2**31 - 1), st.text(max_size=5), st.integers(1, 99))
def test_the_same_view_has_the_same_pixels(seed: int, picture: str, view: int) -> None:
    augment = Augmentation(**EACH, seed=seed)
    once, again = (augment.apply(PICTURE, picture, view) for _ in range(2))
    assert np.array_equal(once, again)
    assert once.dtype == np.uint8 and once.flags.c_contiguous
    assert once.size >= SMALLEST_CROP * 0.85 * PICTURE.size
    assert once.shape[0] <= 40 and once.shape[1] <= 30


@settings(max_examples=20)
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 9))
def test_the_smallest_pictures_survive(height: int, width: int, view: int) -> None:
    tiny = np.zeros((height, width, 3), np.uint8)
    assert Augmentation(**{**EACH, "turn": 180}).apply(tiny, "a", view).size > 0


def test_view_zero_and_no_augmentation_leave_the_picture_alone() -> None:
    before = PICTURE.copy()
    assert Augmentation(**EACH).apply(PICTURE, "a", 0) is PICTURE
    assert Augmentation().apply(PICTURE, "a", 3) is PICTURE
    Augmentation(**EACH).apply(PICTURE, "a", 3)
    assert np.array_equal(PICTURE, before)
    assert Augmentation(flips=True).view_name(0) == Augmentation().view_name(2) == "plain"


@pytest.mark.parametrize("kind", KINDS)
def test_each_change_alone_changes_pixels_and_the_name(kind: str) -> None:
    augment = Augmentation(**{kind: EACH[kind]})
    views = {augment.apply(PICTURE, "a", view).tobytes() for view in range(1, 9)}
    assert len(views) >= 2
    assert any(view != PICTURE.tobytes() for view in views)
    names = {augment.view_name(view) for view in range(4)}
    other = augment.model_copy(update={"seed": 1})
    stronger = augment.model_copy(update={"erasing": 0.5, "turn": 41.0})
    assert len(names) == 4
    assert len(names | {other.view_name(1), stronger.view_name(1)}) == 6


def test_the_name_holds_every_setting() -> None:
    names = {Augmentation(**{kind: value}).view_name(1) for kind, value in EACH.items()}
    names |= {Augmentation(**{**EACH, kind: 0}).view_name(1) for kind in KINDS}
    assert len(names) == 2 * len(KINDS)


def test_one_change_more_leaves_the_others_as_they_were() -> None:
    crops = Augmentation(crops=True)
    both = Augmentation(crops=True, flips=True)
    for view in range(1, 9):
        cropped, mirrored = crops.apply(PICTURE, "a", view), both.apply(PICTURE, "a", view)
        assert any(np.array_equal(mirrored, view) for view in (cropped, cropped[:, ::-1]))


def test_a_recipe_says_which_changes() -> None:
    recipe = Recipe(backbone="x", seed=3, **EACH)
    assert Augmentation.of(recipe) == Augmentation(**EACH, seed=3)
    for kind, value in EACH.items():
        alone = Recipe(backbone="x", **{kind: value})
        assert Augmentation.of(alone).active == alone.augmented is True
    assert Augmentation.of(Recipe(backbone="x", mixup=0.2)).active is False


def test_flips_mirror_about_half_of_the_pictures_and_nothing_else() -> None:
    for kind, mirror in (("flips", PICTURE[:, ::-1]), ("flips_vertical", PICTURE[::-1])):
        flips = Augmentation(**{kind: True})
        views = [flips.apply(PICTURE, str(n), 1) for n in range(200)]
        mirrored = [not np.array_equal(view, PICTURE) for view in views]
        assert 70 < sum(mirrored) < 130
        assert all(np.array_equal(v, mirror) for v, m in zip(views, mirrored, strict=True) if m)


def test_turns_are_turns() -> None:
    square = PICTURE[:30, :30]
    assert np.array_equal(turn(square, 90), np.rot90(square))
    assert np.array_equal(turn(square, 180), square[::-1, ::-1])
    back = turn(turn(square, 7), -7).astype(int)
    assert np.abs(back - square)[8:-8, 8:-8].max() <= 3
    white = np.full((21, 64, 3), 255, np.uint8)
    assert turn(white, 45).min() == 255, "corners must not be black"


def test_how_it_looks_stays_within_the_strength() -> None:
    grey = np.full((4, 4, 3), 100, np.uint8)
    lights = Augmentation(brightness=0.5)
    levels = [int(lights.apply(grey, str(n), 1)[0, 0, 0]) for n in range(200)]
    limit = STRONGEST**0.5
    assert 100 / limit - 1 <= min(levels) < 80 and 125 < max(levels) <= 100 * limit + 1
    assert 70 < sum(level > 100 for level in levels) < 130
    assert np.array_equal(Augmentation(colour=1.0).apply(grey, "a", 1), grey), "grey has no colour"
    assert colours(PICTURE, 1.0, 0.5, 1.0).std() < 0.6 * PICTURE.std()


def test_hue_moves_around_the_circle() -> None:
    red = np.full((2, 2, 3), (255, 0, 0), np.uint8)
    assert shift_hue(red, 0.0)[0, 0].tolist() == [255, 0, 0]
    green = shift_hue(red, 1 / 3)[0, 0]
    assert green[1] > 240 and green[0] < 20 and green[2] < 20
    assert np.array_equal(shift_hue(red, -2 / 3), shift_hue(red, 1 / 3))


def test_erasing_covers_a_bounded_part_of_the_wanted_share() -> None:
    augment = Augmentation(erasing=0.3)
    changed = [(augment.apply(PICTURE, str(n), 1) != PICTURE).any(2).mean() for n in range(200)]
    assert 40 < sum(share > 0 for share in changed) < 80
    assert max(changed) <= 1.2 * LARGEST_PATCH
