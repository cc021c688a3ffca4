"""Tests of tlcore/images/intake/masks.py: what lies beside pictures and is none to learn from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tlcore.images.intake.layout.arrangement import arrangement_of
from tlcore.images.intake.layout.masks import masks_of
from tlcore.images.intake.sources import place


def aside(*paths: str) -> set[str]:
    """The masks among these paths."""
    return {"/".join(parts) for parts in masks_of([tuple(path.split("/")) for path in paths])}


def numbered(*folders: str, numbers: range = range(6), ending: str = "jpg") -> list[str]:
    return [f"{folder}/{number:03}.{ending}" for folder in folders for number in numbers]


@pytest.mark.parametrize(
    "name",
    ["7_mask.png", "7_Mask.PNG", "7-mask.png", "7_mask_1.png", "7_gt.png", "7_seg.tif",
     "7_segmentation.png", "7_ground_truth.bmp", "7_groundtruth.png", "7 mask.jpg"],
)  # fmt: skip
def test_a_name_with_a_word_for_masks_beside_its_picture(name: str) -> None:
    assert aside("cats/7.jpg", f"cats/{name}") == {f"cats/{name}"}
    assert not aside("cats/8.jpg", f"cats/{name}"), "its picture is not there"
    assert not aside("dogs/7.jpg", f"cats/{name}"), "its picture is elsewhere"


def test_names_as_the_breast_ultrasound_set_has_them() -> None:
    masks = {"benign/benign (1)_mask.png", "benign/benign (1)_mask_1.png"}
    assert aside("benign/benign (1).png", "benign/benign (2).png", *masks) == masks


@pytest.mark.parametrize(
    "word", ["mask", "masks", "Masks", "ground_truth", "GroundTruth", "segmentation", "gt"]
)
def test_a_folder_of_masks_beside_one_of_pictures(word: str) -> None:
    masks = numbered(f"set/{word}/cats", f"set/{word}/dogs", ending="png")
    pictures = numbered("set/images/cats", "set/images/dogs")
    assert aside(*pictures, *masks) == set(masks)
    assert {item.label for item in place([*pictures, *masks])} == {"cats", "dogs"}


def test_a_folder_of_masks_in_the_folder_of_its_pictures() -> None:
    masks = [f"{label}/masks/{n:03}_mask.png" for label in ("cats", "dogs") for n in range(6)]
    pictures = numbered("cats", "dogs")
    assert aside(*pictures, *masks) == set(masks)
    assert {item.label for item in place([*pictures, *masks])} == {"cats", "dogs"}


def test_a_folder_of_masks_beside_labels_that_share_its_pictures_out() -> None:
    masks = numbered("masks", numbers=range(12), ending="png")
    pictures = [*numbered("cats", numbers=range(6)), *numbered("dogs", numbers=range(6, 12))]
    assert aside(*pictures, *masks) == set(masks)


@pytest.mark.parametrize("word", ["mask", "masks", "Mask"])
@pytest.mark.parametrize(
    "others",
    [("no_mask",), ("without_mask",), ("no mask", "wrong_mask"), ("unmasked",), ("nomask",),
     ("nothing",), ("helmet", "gloves"), ("no_mask", "images")],
)  # fmt: skip
def test_a_label_called_mask_stays_a_label(word: str, others: tuple[str, ...]) -> None:
    paths = numbered(word, *others)
    assert not aside(*paths)
    assert {item.label for item in place(paths)} == {word, *others}


def test_what_was_set_aside_is_said() -> None:
    words = arrangement_of(["a/1.jpg", "b/2.jpg", "a/1_mask.png"]).words
    assert words == (
        "Labels from the upper folders: “a”, “b”. "
        "1 file is the mask of a picture beside it and is set aside."
    )
    assert "2 files are masks" in arrangement_of([*"ab", "x.jpg", "x_gt.png", "x_seg.png"]).words


names = some.sampled_from(
    ["1.jpg", "2.png", "1_mask.png", "1_mask_mask.png", "2_gt.jpg", "_mask.png", "mask.png", "gt"]
)
folders = some.sampled_from(["images", "masks", "mask", "gt", "no_mask", "cats", "dogs", "Masks"])
trees = some.sets(
    some.tuples(some.lists(folders, max_size=3).map(tuple), names).map(lambda p: (*p[0], p[1])),
    max_size=24,
)


@given(trees)
def test_a_mask_is_set_aside_only_where_its_picture_stays(tree: set[tuple[str, ...]]) -> None:
    masks = masks_of(sorted(tree))
    assert masks <= tree
    assert bool(tree - masks) or not tree
    stems = {parts[-1].rsplit(".", 1)[0] for parts in tree - masks}
    for *_, name in masks:
        stem = name.rsplit(".", 1)[0]
        assert any(stem.startswith(other) for other in stems)


@given(trees)
def test_order_and_folders_around_do_not_matter(tree: set[tuple[str, ...]]) -> None:
    masks = masks_of(sorted(tree))
    assert masks == masks_of(sorted(tree, reverse=True))
    assert {("set", *parts) for parts in masks} == masks_of([("set", *parts) for parts in tree])


@given(trees)
def test_without_words_for_masks_all_stay(tree: set[tuple[str, ...]]) -> None:
    for word, other in (("mask", "task"), ("Mask", "Task"), ("gt", "gu")):
        tree = {tuple(name.replace(word, other) for name in parts) for parts in tree}
    assert not masks_of(tree)
