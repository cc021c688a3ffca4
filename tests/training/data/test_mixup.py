"""Blended pictures get blended answers: sums of one, in the share of the blend, every time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.training.data.mixup import Kept, Mixer, place_of

LABELS = 6
TARGETS = torch.arange(LABELS)
# The forms in which features are kept: pictures, maps of two layouts, tokens, vectors.
SHAPES: dict[str, tuple[int, ...]] = {
    "pictures": (3, 16, 16), "maps": (8, 7, 7), "last": (7, 7, 8), "tokens": (50, 8),
    "vectors": (8,), "point": (8, 1, 1),
}  # fmt: skip


def mixer(seed: int = 0, mixup: float = 0.0, cutmix: float = 0.0) -> Mixer:
    return Mixer(mixup, cutmix, labels=LABELS, seed=seed)


def numbered(shape: tuple[int, ...]) -> torch.Tensor:
    """Tensors in which every number says which picture it is of: 1 for the first, 10, 100, …"""
    scale = 10.0 ** torch.arange(LABELS)
    return scale.reshape(-1, *[1] * len(shape)).expand(-1, *shape).clone()


@settings(max_examples=60)
@given(
    st.sampled_from(sorted(SHAPES)),
    st.integers(0, 2**31 - 1),
    st.integers(0, 10_000),
    st.floats(0, 2),
    st.floats(0, 2),
)
def test_answers_sum_to_one_and_nothing_is_changed_in_place(
    name: str, seed: int, step: int, mixup: float, cutmix: float
) -> None:
    kept = (numbered(SHAPES[name]),)
    before = kept[0].clone()
    blender = mixer(seed, mixup=mixup, cutmix=cutmix)
    (mixed,), answers = blender.mix(kept, TARGETS, step)
    assert answers.shape == (LABELS, LABELS) and answers.dtype == torch.float32
    assert torch.allclose(answers.sum(1), torch.ones(LABELS), atol=1e-6)
    assert answers.min() >= 0 and (answers > 0).sum(1).max() <= 2
    assert mixed.shape == before.shape and torch.equal(kept[0], before)
    (same,), too = blender.mix(kept, TARGETS, step)
    assert torch.equal(mixed, same) and torch.equal(answers, too)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
@pytest.mark.parametrize("name", sorted(SHAPES))
def test_the_answers_share_is_the_pictures_share(kind: str, name: str) -> None:
    blender = mixer(**{kind: 1.0})
    kept = (numbered(SHAPES[name]),)
    seen = set()
    for step in range(30):
        (mixed,), answers = blender.mix(kept, TARGETS, step)
        own = answers.diagonal().double()
        partner = answers.clone().fill_diagonal_(0).double()
        scale = 10.0 ** torch.arange(LABELS, dtype=torch.double)
        expected = own * scale + partner @ scale
        assert torch.allclose(mixed.double().flatten(1).mean(1), expected, rtol=1e-4)
        seen.add(round(float(own.min()), 3))
    assert len(seen) > 10


@pytest.mark.parametrize("name", ["pictures", "maps", "last"])
def test_cutmix_pastes_a_rectangle_and_mixup_does_not(name: str) -> None:
    kept = (numbered(SHAPES[name]),)
    place = place_of(SHAPES[name])
    assert place is not None
    pasted = blended = 0
    for step in range(20):
        (cut,), _ = mixer(cutmix=1.0).mix(kept, TARGETS, step)
        assert set(cut.unique().tolist()) <= set(kept[0].unique().tolist())
        channel = 1 if place.axis == 2 else 3
        points = cut.select(channel, 0) != kept[0].select(channel, 0)
        for changed in points:
            rows, columns = changed.any(1).sum(), changed.any(0).sum()
            assert changed.sum() == rows * columns, "the changed points are not a rectangle"
        pasted += int(points.any())
        (mixed,), _ = mixer(mixup=1.0).mix(kept, TARGETS, step)
        blended += int(not set(mixed.unique().tolist()) <= set(kept[0].unique().tolist()))
    assert pasted >= 10 and blended >= 15


def test_several_kept_tensors_share_one_box() -> None:
    """Finer maps are cut along the same lines; tokens of the class and vectors are blended."""
    kept: Kept = (numbered((4, 4, 4)), numbered((2, 8, 8)), numbered((17, 3)), numbered((5,)))
    blender = mixer(cutmix=1.0)
    for step in range(20):
        mixed, answers = blender.mix(kept, TARGETS, step)
        means = [tensor.double().flatten(1).mean(1) for tensor in mixed]
        assert all(torch.allclose(means[0], mean, rtol=1e-4) for mean in (means[1], means[3]))
        assert torch.allclose(means[2], means[0], rtol=1e-4)
        scale = 10.0 ** torch.arange(LABELS)
        assert torch.allclose((answers * scale).sum(1).double(), means[0], rtol=1e-4)


def test_with_both_each_gets_its_turn_and_with_none_nothing_happens() -> None:
    kept = (numbered(SHAPES["pictures"]),)
    both = mixer(mixup=1.0, cutmix=1.0)
    cut = [
        set(both.mix(kept, TARGETS, step)[0][0].unique().tolist()) <= set(kept[0].unique().tolist())
        for step in range(60)
    ]
    assert 15 < sum(cut) < 45
    off = mixer()
    assert not off.active
    same, answers = off.mix(kept, TARGETS, 0)
    assert same[0] is kept[0] and torch.equal(answers, torch.eye(LABELS))


def test_seed_and_step_change_the_blend() -> None:
    kept = (torch.randn(LABELS, 8, generator=torch.Generator().manual_seed(0)),)
    blends = {
        mixer(seed, mixup=1.0).mix(kept, TARGETS, step)[0][0].numpy().tobytes()
        for seed in range(3)
        for step in range(3)
    }
    assert len(blends) == 9


@pytest.mark.parametrize(
    ("shape", "axis", "rows", "extra"),
    [
        ((3, 224, 224), 2, 224, 0),
        ((14, 14, 384), 1, 14, 0),
        ((197, 768), 1, 14, 1),
        ((261, 768), 1, 16, 5),
        ((196, 384), 1, 14, 0),
    ],
)
def test_places_are_found(shape: tuple[int, ...], axis: int, rows: int, extra: int) -> None:
    place = place_of(shape)
    assert place is not None
    assert (place.axis, place.rows, place.columns, place.extra) == (axis, rows, rows, extra)


def test_vectors_and_points_have_no_place() -> None:
    assert place_of((768,)) is None
    assert place_of((512, 1, 1)) is None
    assert place_of((768, 0)) is None
