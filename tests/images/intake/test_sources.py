"""Layouts of folders: labels, splits, what is ignored; names stay text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tlcore.errors import GraftError, PictureRefused
from tlcore.images.intake import sources
from tlcore.images.intake.sources import from_files, from_folder, from_paths, place
from tlcore.workspace.records import Split

TRAIN, VALIDATION, TEST = Split.TRAIN, Split.VALIDATION, Split.TEST


def layout(*paths: str) -> list[tuple[str | None, Split | None]]:
    return [(item.label, item.split) for item in place(paths)]


def test_folders_are_labels() -> None:
    assert layout("cats/1.jpg", "dogs/deep/down/2.jpg", "3.jpg") == [
        ("cats", None),
        ("dogs", None),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("word", "split"),
    [("train", TRAIN), ("Training", TRAIN), ("val", VALIDATION), ("VALID", VALIDATION),
     ("Validation", VALIDATION), ("test", TEST), ("Testing", TEST)],
)  # fmt: skip
def test_split_words_above_the_labels_are_understood(word: str, split: Split) -> None:
    placed = layout(f"{word}/cats/1.jpg", f"{word}/dogs/2.jpg", f"{word}/3.jpg")
    assert placed == [("cats", split), ("dogs", split), (None, split)]


def test_a_label_may_be_called_train() -> None:
    assert layout("train/1.jpg", "car/2.jpg") == [("train", None), ("car", None)]


def test_one_folder_around_everything_is_passed_over() -> None:
    assert layout("set/train/cats/1.jpg", "set/val/cats/2.jpg") == [
        ("cats", TRAIN),
        ("cats", VALIDATION),
    ]
    assert layout("a/b/cats/1.jpg", "a/b/dogs/2.jpg") == [("cats", None), ("dogs", None)]
    assert layout("a/cats/1.jpg", "a/2.jpg") == [("cats", None), (None, None)]
    assert layout("cats/1.jpg", "cats/2.jpg") == [("cats", None)] * 2
    assert layout("train/cats/1.jpg", "train/dogs/2.jpg") == [("cats", TRAIN), ("dogs", TRAIN)]


def test_dots_and_doubled_slashes_say_nothing() -> None:
    assert layout("./cats//1.jpg", "./dogs/2.jpg") == [("cats", None), ("dogs", None)]


def test_system_and_hidden_files_are_left_out() -> None:
    kept = place(
        ["__MACOSX/cats/._1.jpg", "cats/.DS_Store", ".git/x/1.jpg", "cats/Thumbs.db", "cats/1.jpg",
         "cats/.ipynb_checkpoints/1.jpg", "dogs/desktop.ini", "dogs/2.jpg", "cats/"]
    )  # fmt: skip
    assert [(item.position, item.name) for item in kept] == [(4, "cats/1.jpg"), (7, "dogs/2.jpg")]


def test_a_browsers_folder_is_read_like_one_on_the_disk() -> None:
    sources = from_paths([("up/cats/1.jpg", b"one"), ("up\\dogs\\2.jpg", lambda: b"two")])
    assert [(s.name, s.label, s.read()) for s in sources] == [
        ("cats/1.jpg", "cats", b"one"),
        ("dogs/2.jpg", "dogs", b"two"),
    ]


def test_files_share_their_label_split_and_group() -> None:
    sources = from_files([("a", b"1"), ("b", b"2")], label="x", split=TEST, group="burst")
    assert {(s.label, s.split, s.group) for s in sources} == {("x", TEST, "burst")}


def test_a_folder_is_read_in_order(tmp_path: Path) -> None:
    for name in ("dogs/b.jpg", "cats/a.jpg", "cats/.hidden/x.jpg", "top.jpg"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    read = [(s.name, s.label, s.read()) for s in from_folder(tmp_path)]
    assert read == [
        ("top.jpg", None, b"top.jpg"),
        ("cats/a.jpg", "cats", b"cats/a.jpg"),
        ("dogs/b.jpg", "dogs", b"dogs/b.jpg"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in" / "cats", tmp_path / "out"
    inside.mkdir(parents=True)
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(b"secret")
    (inside / "1.jpg").write_bytes(b"one")
    (inside / "link.jpg").symlink_to(outside / "secret.jpg")
    (inside / "same.jpg").symlink_to(inside / "1.jpg")
    (tmp_path / "in" / "dogs").symlink_to(outside, target_is_directory=True)
    (inside / "again").symlink_to(tmp_path / "in", target_is_directory=True)
    assert [s.read() for s in from_folder(tmp_path / "in")] == [b"one", b"one"]


def test_no_folder_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(GraftError, match="no folder"):
        from_folder(tmp_path / "missing")


def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "big.bmp").write_bytes(b"x" * 100)
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 99)
    (source,) = from_folder(tmp_path)
    with pytest.raises(PictureRefused) as refusal:
        source.read()
    assert refusal.value.reason == "too_large"


def test_a_person_may_choose_the_level_of_the_label(tmp_path: Path) -> None:
    for name in ("2020/cats/1.jpg", "2020/dogs/2.jpg", "2021/cats/3.jpg", "2021/dogs/4.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    read = from_folder(tmp_path)
    assert {source.label for source in read} == {"cats", "dogs"}
    assert read.arrangement is not None and read.arrangement.label == 1
    assert {source.label for source in from_folder(tmp_path, level=1)} == {"2020", "2021"}
    for level in (-1, 0, 3):
        with pytest.raises(GraftError, match=f"no level {level}") as refusal:
            from_folder(tmp_path, level=level)
        assert "2 has “cats”, “dogs”" in refusal.value.remedy


def test_masks_are_files_like_others_where_all_files_count(tmp_path: Path) -> None:
    for name in ("cats/1.jpg", "cats/1_mask.png", "dogs/2.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [source.name for source in from_folder(tmp_path)] == ["cats/1.jpg", "dogs/2.jpg"]
    assert len(from_folder(tmp_path, masks=False)) == 3
