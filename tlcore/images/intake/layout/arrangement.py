"""What the folders over pictures mean: which level is the label, which the split. Reads no file.

Structure decides, words come second. Where folders side by side hold the same subfolders, one of
the two levels sorts the pictures by something that is no label: a split if its names are words for
splits, else a place (a year, a camera, a fold). A folder `train` beside `bus` stays a label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tlcore.errors import GraftError
from tlcore.images.intake.layout.masks import masks_of
from tlcore.images.intake.layout.split_words import splits_of
from tlcore.workspace.records import Split

NO_PICTURES = {"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "@eadir"}
# Files that lie beside pictures and are none. Whatever is not known stays: it is tried, and
# refused by itself with its reason.
OTHER_FILES = {
    ".txt", ".md", ".rst", ".csv", ".tsv", ".xls", ".xlsx", ".ods", ".json", ".jsonl", ".xml",
    ".yaml", ".yml", ".toml", ".ini", ".cfg", ".html", ".htm", ".pdf", ".doc", ".docx", ".rtf",
    ".log", ".py", ".ipynb", ".r", ".m", ".mat", ".npy", ".npz", ".pkl", ".pt", ".pth", ".h5",
    ".hdf5", ".db", ".sqlite", ".zip", ".tar", ".gz", ".7z", ".rar", ".md5", ".sha256", ".url",
    ".lnk", ".names", ".data", ".cache", ".license",
}  # fmt: skip
MOST_COVERS = 2  # pictures beside the one folder that holds all others
COVERED = 4  # how many pictures that folder holds at least, for each beside it
COMMON = 0.5  # the share of a folder's subfolders that its neighbours must hold too


@dataclass(frozen=True)
class Level:
    """One level of folders below those that hold everything: its names, with pictures below."""

    depth: int
    counts: Mapping[str, int]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.counts))


@dataclass(frozen=True)
class Arrangement:
    """How the folders are read. Depths count from 0, below the `skipped` ones at the top.

    `place` is the depth of a level that sorts the pictures and is neither label nor split.
    `covers` are paths of pictures that lie beside the one folder that holds all others, `masks`
    those of masks beside their pictures, which are no pictures to learn from.
    """

    skipped: int = 0
    label: int | None = None
    split: int | None = None
    place: int | None = None
    splits: Mapping[str, Split] = field(default_factory=dict)
    levels: tuple[Level, ...] = ()
    covers: frozenset[tuple[str, ...]] = frozenset()
    masks: frozenset[tuple[str, ...]] = frozenset()

    def at_level(self, number: int) -> Arrangement:
        """The same with the label at a level as people count, from 1. Raises GraftError."""
        if 1 <= number <= len(self.levels):
            return self.with_label(number - 1)
        levels = [
            f"{level.depth + 1} has {listed(level.names, 3)}"
            for level in self.levels
            if level.names
        ]
        raise GraftError(
            f"There is no level {number} of folders over these pictures.",
            f"The levels are: {'; '.join(levels)}." if levels else "Put them into folders.",
        )

    def with_label(self, depth: int) -> Arrangement:
        """The same folders, read with another level as the label: what a person chose."""
        split = self.split if self.split != depth else None
        others = [level.depth for level in self.levels if level.depth not in (depth, split)]
        place = others[0] if self.place is not None and others else None
        return replace(self, label=depth, split=split, place=place)

    def label_of(self, parts: Sequence[str]) -> str | None:
        """The label of a path below the skipped folders, as its parts, the file's name last."""
        return _at(parts, self.label)

    def split_of(self, parts: Sequence[str]) -> Split | None:
        """The split of such a path."""
        name = _at(parts, self.split)
        return None if name is None else self.splits.get(name)

    def place_of(self, parts: Sequence[str]) -> str | None:
        """The place of such a path."""
        return _at(parts, self.place)

    @property
    def words(self) -> str:
        """What was understood, in a sentence or a few."""
        return self.words_with({})

    def words_with(self, pictures: Mapping[str, int]) -> str:
        """The same with how many pictures labels have."""
        aside = f" {_masks_words(len(self.masks))}" if self.masks else ""
        if self.label is None:
            return f"There are no folders that could be labels.{aside}"
        labels = listed(self._names(self.label), counts=pictures)
        sentences = [f"Labels from the {_ordinal(self.label)} folders: {labels}."]
        if self.split is not None:
            roles = ", ".join(f"“{name}” is {split.value}" for name, split in self.splits.items())
            sentences.append(f"Splits from the {_ordinal(self.split)} folders: {roles}.")
        if self.place is not None:
            places = listed(self._names(self.place))
            sentences.append(f"The {_ordinal(self.place)} folders say where: {places}.")
        return " ".join(sentences) + aside

    def _names(self, depth: int) -> tuple[str, ...]:
        return next(level for level in self.levels if level.depth == depth).names


def path_parts(path: str) -> tuple[str, ...]:
    """The names along a path; empty for a folder, which is written with a slash at its end."""
    names = path.replace("\\", "/").split("/")
    return tuple(name for name in names if name not in ("", ".")) if names[-1] else ()


def counts(parts: Sequence[str]) -> bool:
    """Whether a path is neither hidden nor a file of the system."""
    hidden = any(part.startswith(".") or part.lower() in NO_PICTURES for part in parts)
    return bool(parts) and not hidden


def may_be_picture(name: str) -> bool:
    """Whether a file's name does not say that it is something else."""
    dot = name.rfind(".")
    ending = name[dot:].lower() if dot > 0 else ""
    bare = name.lower() in {"readme", "license", "licence", "makefile", "citation"}
    return ending not in OTHER_FILES and not bare


def arrangement_of(names: Iterable[str], *, masks: bool = True) -> Arrangement:
    """Find out what folders mean from the relative paths of all files, pictures and others.

    With `masks`, those of pictures beside them are set aside first.
    """
    every = map(path_parts, names)
    pictures = [parts for parts in every if counts(parts) and may_be_picture(parts[-1])]
    aside = masks_of(pictures) if masks else frozenset()
    return replace(arrange([parts for parts in pictures if parts not in aside]), masks=aside)


def arrange(paths: Sequence[tuple[str, ...]]) -> Arrangement:
    """Find out what the folders over pictures mean, from the parts of each picture's path."""
    skipped, covers = _shared_folders(paths)
    below = [parts[skipped:] for parts in paths if parts not in covers]
    levels = _levels(below)
    plain = Arrangement(skipped, 0 if levels else None, levels=levels, covers=covers)
    if not levels:
        return plain
    inside = _subfolders(below)
    structured = {name: names for name, names in inside.items() if names}
    # What lies flat beside splits, or in one of them, has no label.
    splits = splits_of(inside.keys()) if structured else None
    if splits is None and len(structured) > 1:
        splits = splits_of(structured.keys())
    if splits is not None:
        return replace(plain, label=1, split=0, splits=splits)
    common = _common(structured)
    if len(common) < 2:
        return plain
    inner_splits = splits_of(common)
    if inner_splits is not None:
        return replace(plain, label=0, split=1, splits=inner_splits)
    return replace(plain, label=1, place=0)


def _levels(paths: Sequence[Sequence[str]]) -> tuple[Level, ...]:
    """The levels of folders, as deep as some picture lies."""
    deepest = max((len(parts) - 1 for parts in paths), default=0)
    tallies = [
        Counter(parts[depth] for parts in paths if len(parts) > depth + 1)
        for depth in range(deepest)
    ]
    return tuple(Level(depth, dict(tally)) for depth, tally in enumerate(tallies))


def _subfolders(paths: Sequence[Sequence[str]]) -> dict[str, set[str]]:
    """The folders right inside each folder of the first level."""
    inside: dict[str, set[str]] = {}
    for parts in paths:
        if len(parts) > 1:
            inside.setdefault(parts[0], set())
        if len(parts) > 2:
            inside[parts[0]].add(parts[1])
    return inside


def _common(inside: Mapping[str, set[str]]) -> set[str]:
    """The subfolders that folders side by side share; none where they are not alike."""
    if len(inside) < 2:
        return set()
    shared = set.intersection(*inside.values())
    alike = all(len(shared) >= COMMON * len(names) for names in inside.values())
    return shared if alike else set()


def _shared_folders(
    paths: Sequence[tuple[str, ...]],
) -> tuple[int, frozenset[tuple[str, ...]]]:
    """How many folders at the top hold all others and say nothing, and the covers beside them."""
    skipped, covers = 0, frozenset[tuple[str, ...]]()
    while paths:
        left = [parts for parts in paths if parts not in covers]
        beside = [parts for parts in left if len(parts) == skipped + 1]
        inside = [parts for parts in left if len(parts) > skipped + 1]
        tops = {parts[skipped] for parts in inside}
        deeper = any(len(parts) > skipped + 2 for parts in inside)
        few = len(beside) <= MOST_COVERS and len(beside) * COVERED <= len(inside)
        if len(tops) != 1 or not deeper or not few or splits_of(tops) is not None:
            break
        covers |= frozenset(beside)
        skipped += 1
    return skipped, covers


def _at(parts: Sequence[str], depth: int | None) -> str | None:
    """The folder at a depth of a path; None where the path is not that deep."""
    return None if depth is None or len(parts) <= depth + 1 else parts[depth]


def _ordinal(depth: int) -> str:
    return {0: "upper", 1: "second", 2: "third"}.get(depth, f"{depth + 1}th")


def listed(names: Sequence[str], most: int = 6, counts: Mapping[str, int] | None = None) -> str:
    """The first few names in quotation marks, with their counts where there are any."""
    known = counts or {}
    shown = [f"“{name}”" + (f" ({known[name]})" if name in known else "") for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more


def _masks_words(number: int) -> str:
    if number == 1:
        return "1 file is the mask of a picture beside it and is set aside."
    return f"{number} files are masks of pictures beside them and are set aside."


def labels_of(arrangement: Arrangement, paths: Iterable[Sequence[str]]) -> Counter[str]:
    """How many pictures each label would have; paths are given whole."""
    skipped = arrangement.skipped
    labels = (arrangement.label_of(parts[skipped:]) for parts in paths)
    return Counter(label for label in labels if label is not None)
