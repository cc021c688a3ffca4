"""Masks and ground truth that lie beside the pictures they belong to. Reads no file.

A name says so in two ways: `7_mask.png` beside `7.jpg`, or a folder `masks` whose files have the
stems of pictures. A name alone proves nothing: people sort pictures of faces into `mask` and
`no_mask`, too. So a file is a mask only where its picture is there, and a folder only where its
pictures lie where pictures of masks do: in a folder called `images`, in the folder around, or
shared out among two labels or more.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

Parts = tuple[str, ...]  # the names along a path, the file's own last
Key = tuple[str, ...]  # the same, without the ending and in small letters

WORDS = (
    "masks?", "gt", "seg", "segs", "segmentations?", "segmentation[ _-]?masks?",
    "ground[ _-]?truths?", "mattes?",
)  # fmt: skip
WORD = "(?:" + "|".join(WORDS) + ")"
AFTER_STEM = re.compile(rf"(?P<stem>.*[^ _.-])[ _.-]+{WORD}(?:[ _-]?\d+)?", re.IGNORECASE)
FOLDER = re.compile(rf"{WORD}|.*[ _-]ground[ _-]?truths?", re.IGNORECASE)
OF_PICTURES = {
    "image", "images", "img", "imgs", "picture", "pictures", "photo", "photos", "original",
    "originals", "input", "inputs", "rgb", "raw", "jpegimages",
}  # fmt: skip
ALIKE = 0.5  # the share of a folder's files that must have their picture


def masks_of(paths: Iterable[Parts]) -> frozenset[Parts]:
    """Those paths that are masks of other paths among them; the others all stay.

    Args:
        paths: the parts of the path of each picture; folders and hidden files left out.
    """
    every = list(paths)
    keys = {_key(parts) for parts in every}
    beside = {parts for parts in every if _picture_beside(parts, keys)}
    rest = [parts for parts in every if parts not in beside]
    return frozenset(beside) | _in_folders(rest)


def _key(parts: Parts) -> Key:
    name = parts[-1]
    dot = name.rfind(".")
    return (*parts[:-1], (name[:dot] if dot > 0 else name).casefold())


def _picture_beside(parts: Parts, keys: Collection[Key]) -> bool:
    """Whether a name is that of a picture in the same folder with a word for masks after it."""
    *folders, stem = _key(parts)
    match = AFTER_STEM.fullmatch(stem)
    return match is not None and (*folders, match["stem"]) in keys


def _in_folders(paths: Sequence[Parts]) -> frozenset[Parts]:
    """The masks that lie in folders of their own."""
    by_folder: dict[tuple[Parts, str], list[Parts]] = defaultdict(list)
    for parts in paths:
        level = next((n for n, name in enumerate(parts[:-1]) if FOLDER.fullmatch(name)), None)
        if level is not None:
            by_folder[parts[:level], parts[level]].append(parts)
    pictures = _pictures_in(paths, {around for around, _ in by_folder})
    masks: set[Parts] = set()
    for (around, _), files in by_folder.items():
        masks |= _with_pictures(files, len(around), pictures[around])
    return frozenset(masks)


def _pictures_in(
    paths: Sequence[Parts], folders: Collection[Parts]
) -> dict[Parts, dict[str, set[Key]]]:
    """What lies in each of these folders but masks: keys by the subfolder; "" for files in it."""
    pictures: dict[Parts, dict[str, set[Key]]] = {folder: {} for folder in folders}
    for parts in paths:
        for level in range(len(parts)):
            inside = pictures.get(parts[:level])
            name = parts[level] if len(parts) > level + 1 else ""
            if inside is not None and not FOLDER.fullmatch(name):
                inside.setdefault(name, set()).add(_key(parts)[level + bool(name) :])
    return pictures


def _with_pictures(files: Sequence[Parts], level: int, around: dict[str, set[Key]]) -> set[Parts]:
    """The files of one folder that have their picture around it; none where it may be a label."""
    if any("mask" in folder.lower() for folder in around):  # no_mask: masks are the subject
        return set()
    keys = {parts: _bare(_key(parts)[level + 1 :]) for parts in files}
    pictures = [around[name] for name in around if name.lower() in OF_PICTURES or not name]
    masks = {parts for parts, key in keys.items() if any(key in known for known in pictures)}
    for having in (masks, _shared_out(keys, around)):
        if len(having) >= ALIKE * len(files):
            return having
    return set()


def _shared_out(masks: dict[Parts, Key], around: dict[str, set[Key]]) -> set[Parts]:
    """Where the pictures lie under labels: each mask has its picture in one of two or more.

    Where a stem is in several, files are only numbered alike, and the folder is a label, too.
    """
    places = {
        parts: [folder for folder, keys in around.items() if key in keys]
        for parts, key in masks.items()
    }
    holders = {folder for folders in places.values() for folder in folders}
    if len(holders) < 2 or any(len(folders) > 1 for folders in places.values()):
        return set()
    return {parts for parts, folders in places.items() if folders}


def _bare(key: Key) -> Key:
    """The key of the picture that a file in a folder of masks belongs to."""
    match = AFTER_STEM.fullmatch(key[-1])
    return (*key[:-1], match["stem"]) if match else key
