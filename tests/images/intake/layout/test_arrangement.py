"""Tests of tlcore/images/intake/arrangement.py and split_words.py: what folders mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tlcore.images.intake.layout.arrangement import Arrangement, arrange, labels_of, may_be_picture
from tlcore.images.intake.layout.split_words import split_of, splits_of
from tlcore.workspace.records import Split

Paths = list[tuple[str, ...]]
TRAIN, VALIDATION, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST


def paths(*folders: str, pictures: int = 5) -> Paths:
    """So many pictures in each folder, as the parts of their paths."""
    names = [f"{folder}/{number}.jpg" for folder in folders for number in range(pictures)]
    return [tuple(name.split("/")) for name in names]


def labels(given_paths: Paths, arrangement: Arrangement | None = None) -> set[str]:
    arrangement = arrangement or arrange(given_paths)
    return set(labels_of(arrangement, given_paths))


def under(*tops: str) -> Paths:
    """Two labels below each of these folders."""
    return paths(*[f"{top}/{label}" for top in tops for label in ("cats", "dogs")])


@pytest.mark.parametrize(
    ("train", "other", "split"),
    [
        ("train", "test", TEST),
        ("training_set", "test_set", TEST),
        ("seg_train", "seg_test", TEST),
        ("train_data", "test_data", TEST),
        ("Final_Training", "Final_Test", TEST),
        ("Train", "Test Set", TEST),
        ("TrainImages", "TestImages", TEST),
        ("train", "dev", VALIDATION),
        ("train", "eval", TEST),
        ("train", "holdout", TEST),
        ("train", "hold-out", TEST),
        ("train", "val", VALIDATION),
        ("train", "valid", VALIDATION),
        ("Training", "Validation", VALIDATION),
        ("Trainingsdaten", "Testdaten", TEST),
        ("Training", "Prüfung", TEST),
        ("entrenamiento", "prueba", TEST),
        ("entrainement", "validation", VALIDATION),
        ("treinamento", "teste", TEST),
        ("trening", "test", TEST),
        ("обучение", "тест", TEST),
        ("訓練", "テスト", TEST),
        ("训练集", "测试集", TEST),
        ("train_1", "test_1", TEST),
    ],
)
def test_folders_called_splits_over_the_same_labels_are_splits(
    train: str, other: str, split: Split
) -> None:
    arrangement = arrange(under(train, other))
    assert (arrangement.split, arrangement.label, arrangement.place) == (0, 1, None)
    assert dict(arrangement.splits) == {train: TRAIN, other: split}
    assert labels(under(train, other)) == {"cats", "dogs"}


def test_three_splits_and_what_eval_is_beside_a_test() -> None:
    assert dict(arrange(under("train", "dev", "test")).splits) == {
        "train": TRAIN, "dev": VALIDATION, "test": TEST,
    }  # fmt: skip
    assert splits_of(["train", "eval", "test"]) == {
        "train": TRAIN, "eval": VALIDATION, "test": TEST,
    }  # fmt: skip


@pytest.mark.parametrize(
    "tops", [("fold1", "fold2"), ("2020", "2021"), ("A", "B"), ("color", "grayscale")]
)
def test_other_folders_over_the_same_labels_are_places(tops: tuple[str, ...]) -> None:
    arrangement = arrange(under(*tops))
    assert (arrangement.place, arrangement.label, arrangement.split) == (0, 1, None)
    assert arrangement.place_of((tops[0], "cats", "1.jpg")) == tops[0]
    assert labels(under(*tops)) == {"cats", "dogs"}
    swapped = arrangement.with_label(0)
    assert (swapped.label, swapped.place) == (0, 1)
    assert labels(under(*tops), swapped) == set(tops)


def test_splits_below_the_labels_are_splits_too() -> None:
    arrangement = arrange(paths("cats/train", "cats/test", "dogs/train", "dogs/test"))
    assert (arrangement.label, arrangement.split) == (0, 1)
    assert arrangement.split_of(("dogs", "test", "1.jpg")) is TEST


@pytest.mark.parametrize("beside", ["bus", "tram", "station"])
@pytest.mark.parametrize("word", ["train", "valid", "test"])
def test_a_word_for_a_split_beside_another_is_a_label(word: str, beside: str) -> None:
    given_paths = paths(word, beside)
    assert labels(given_paths) == {word, beside}
    assert arrange(given_paths).split is None
    deeper = paths(f"{word}/a", f"{word}/b", beside)
    assert labels(deeper) == {word, beside}


def test_labels_with_folders_of_their_own_inside_stay_labels() -> None:
    assert labels(paths("cats/tom", "cats/kitty", "dogs/rex", "dogs/fido")) == {"cats", "dogs"}


def test_a_test_set_without_labels_has_none() -> None:
    given_paths = paths("train/cats", "train/dogs", "test")
    arrangement = arrange(given_paths)
    assert labels(given_paths) == {"cats", "dogs"}
    assert arrangement.split_of(("test", "1.jpg")) is TEST
    assert arrangement.label_of(("test", "1.jpg")) is None


def test_a_flat_folder_beside_splits_takes_nothing_from_them() -> None:
    given_paths = [*under("train", "test"), *paths("unlabeled")]
    assert labels(given_paths) == {"cats", "dogs"}


def test_a_rare_label_may_lack_its_test() -> None:
    given_paths = [*under("training", "testing"), *paths("training/okapi")]
    assert labels(given_paths) == {"cats", "dogs", "okapi"}


def test_one_split_alone_over_labels_and_one_alone_without() -> None:
    assert labels(under("train")) == {"cats", "dogs"}
    assert arrange(under("train")).splits == {"train": TRAIN}
    assert labels(paths("train")) == {"train"}


def test_folders_that_hold_everything_are_passed_over() -> None:
    deep = [("mydata", "v2", *parts) for parts in under("train", "test")]
    arrangement = arrange(deep)
    assert arrangement.skipped == 2
    assert labels(deep) == {"cats", "dogs"}
    assert labels([("zip", *parts) for parts in paths("cats", "dogs")]) == {"cats", "dogs"}


def test_a_lone_cover_picture_does_not_stop_that_and_more_pictures_do() -> None:
    inside = [("data", *parts) for parts in paths("cats", "dogs")]
    covered = [("cover.png",), *inside]
    arrangement = arrange(covered)
    assert arrangement.covers == {("cover.png",)}
    assert labels(covered[1:], arrangement) == {"cats", "dogs"}
    many = [*paths("x", pictures=4), *inside]
    loose = [parts[1:] for parts in many[:4]] + inside
    assert arrange(loose).skipped == 0


@pytest.mark.parametrize(
    ("name", "may"),
    [
        *[(name, True) for name in ("a.jpg", "a.PNG", "a.arw", "a", "a.b", ".jpg")],
        *[(name, False) for name in ("README.txt", "LICENSE", "labels.csv", "Readme", "x.JSON")],
    ],
)
def test_what_may_be_a_picture(name: str, may: bool) -> None:
    assert may_be_picture(name) is may


@pytest.mark.parametrize(
    "word", ["valley", "device", "devil", "value", "trainers_shoes", "bus", "contest", "attest", ""]
)
def test_words_that_only_sound_like_splits(word: str) -> None:
    assert split_of(word) is None


NAMES = some.text("abcdefghij", min_size=1, max_size=5)


@given(
    some.sets(NAMES, min_size=2, max_size=4),
    some.sets(NAMES, min_size=2, max_size=4),
    some.randoms(use_true_random=False),
)
def test_the_order_of_files_changes_nothing(
    tops: set[str], inner: set[str], random: object
) -> None:
    given_paths = paths(*[f"{top}/{label}" for top in sorted(tops) for label in sorted(inner)])
    shuffled = list(given_paths)
    random.shuffle(shuffled)
    assert arrange(shuffled) == arrange(given_paths)


@given(some.lists(some.lists(NAMES, min_size=1, max_size=5).map(tuple), max_size=30))
def test_any_paths_are_read(given_paths: Paths) -> None:
    arrangement = arrange(given_paths)
    assert arrangement.words
    for parts in given_paths:
        arrangement.label_of(parts[arrangement.skipped :])
