"""Crops are the same for teacher and student, and are what they say."""

import numpy as np
import torch

from pretraining.views import View, cut, recolour

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)


def test_the_whole_picture_is_the_picture() -> None:
    whole = cut(PIXELS, View(0, 1.0).boxes(6), 32)
    wanted = torch.from_numpy(PIXELS).permute(0, 3, 1, 2) / 255
    torch.testing.assert_close(whole, wanted, atol=1e-4, rtol=0)


def test_a_flip_is_a_mirror() -> None:
    boxes = View(3).boxes(6)
    flips = torch.tensor([True, False] * 3)
    plain, flipped = cut(PIXELS, boxes, 32), cut(PIXELS, boxes, 32, flips=flips)
    torch.testing.assert_close(flipped[0], plain[0].flip(-1), atol=1e-4, rtol=0)
    torch.testing.assert_close(flipped[1], plain[1])


def test_boxes_are_fixed_by_the_seed_and_stay_inside() -> None:
    boxes = View(5, 0.3).boxes(500)
    assert torch.equal(boxes, View(5, 0.3).boxes(500))
    assert not torch.equal(boxes, View(6, 0.3).boxes(500))
    assert (boxes >= 0).all() and (boxes[:, :2] + boxes[:, 2:] <= 1 + 1e-6).all()
    assert 0.28 < float(boxes[:, 2:].prod(1).min()) < 0.4


def test_a_box_is_that_part_at_any_size() -> None:
    ramp = np.broadcast_to(np.arange(32, dtype=np.uint8)[:, None, None] * 8, (1, 32, 32, 3))
    lower = torch.tensor([[0.0, 0.5, 1.0, 0.5]])
    for size in (16, 32, 64):
        crop = cut(np.array(ramp), lower, size) * 255 / 8
        assert 15.4 < float(crop[0, 0, 0].mean()) < 16.6
        assert 30.4 < float(crop[0, 0, -1].mean()) < 31.1


def test_recolouring_changes_pictures_differently_and_stays_in_range() -> None:
    batch = torch.full((4, 3, 8, 8), 0.5)
    changed = recolour(batch, 0.5, torch.Generator().manual_seed(0))
    assert len({round(float(value), 4) for value in changed.mean((1, 2, 3))}) == 4
    assert float(changed.min()) >= 0 and float(changed.max()) <= 1
