"""What the columns of a table say, guessed from their names and from what stands in them.

A column's name counts word by word, in singular and plural: “Finding Labels” is a label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tlcore.errors import GraftError
from tlcore.images.intake.layout import split_words
from tlcore.images.intake.tables.picture_names import KnownNames
from tlcore.images.intake.tables.table import Table
from tlcore.workspace.records import Split

FILE_NAMES = (
    "file", "filename", "image", "picture", "path", "photo", "img", "bild", "datei", "fichier",
    "imagen", "archivo",
)  # fmt: skip
NUMBER_NAMES = ("id", "nr", "no", "number", "code", "key", "index", "uid", "identifier")
SPLIT_NAMES = ("split", "set", "subset", "partition", "fold", "use", "phase")
GROUP_NAMES = (
    "group", "patient", "subject", "site", "sender", "burst", "session", "day", "owner", "lesion",
    "case", "participant", "specimen", "animal", "individual", "slide", "visit", "study",
)  # fmt: skip
DOMAIN_NAMES = ("domain", "camera", "scanner", "source", "device", "hospital", "origin")
ANSWER_NAMES = (
    "label", "class", "category", "answer", "target", "species", "diagnosis", "kind", "dx", "y",
    "finding", "disease", "breed", "tag", "klasse", "kategorie", "classe", "clase",
)  # fmt: skip
MOST_ANSWERS = 200  # different words in a column that is taken for an answer by itself
TRUE_WORDS = ("1", "1.0", "true", "yes")
FALSE_WORDS = ("0", "0.0", "false", "no")


@dataclass(frozen=True)
class Roles:
    """Which column says what; `answers` in the order of the questions."""

    file: str
    answers: tuple[str, ...] = ()
    split: str | None = None
    group: str | None = None
    domain: str | None = None


def guess_roles(table: Table, names: Sequence[str] = ()) -> Roles:
    """What each column is likely to say; `names` are the pictures that it should fit.

    Raises:
        GraftError: the table has no column at all.
    """
    if not table.columns:
        raise GraftError("The table holds nothing.", "It needs a column with file names.")
    known = KnownNames(names)
    file = max(  # of equals the first
        table.columns, key=lambda column: known.fit(table.column(column), file_words(column))
    )
    rest = [column for column in table.columns if column != file]
    split = _split_column(table, rest)
    rest = [column for column in rest if column != split]
    answer = _answer_column(table, rest)
    rest = [column for column in rest if column != answer]
    group = next((column for column in rest if names_a_group(column)), None)
    domain = next((c for c in rest if c != group and is_named(c, DOMAIN_NAMES)), None)
    return Roles(file, (answer,) if answer else (), split, group, domain)


def file_words(column: str) -> int:
    """How much a column's name speaks for file names: 2 for “image”, 1 for “id”, else 0."""
    return 2 if is_named(column, FILE_NAMES) else int(is_named(column, ("id", "uid")))


def is_named(column: str, words: Iterable[str]) -> bool:
    """Whether one of these words stands in a column's name, in singular or plural."""
    return bool({form for word in words for form in _forms(word)} & set(_words(column)))


def names_a_group(column: str) -> bool:
    """Whether a column is named after what pictures share: “Patient ID”, not “Patient Age”."""
    return is_named(column, GROUP_NAMES) and all(
        is_named(word, GROUP_NAMES) or word in (*NUMBER_NAMES, "name", "the", "of")
        for word in _words(column)
    )


def is_label_column(column: str) -> bool:
    """Whether a column is named label (class, dx, …) and nothing besides."""
    return len(_words(column)) == 1 and is_named(column, ANSWER_NAMES)


def split_meanings(column: str, cells: Iterable[str]) -> dict[str, str]:
    """The split that each word of a column means, as `Split` writes it; no word without one.

    Yes and no in a column like `is_valid` are a validation and a training picture.
    """
    words = {cell: cell.strip().casefold() for cell in cells if cell}
    flag = _flag_of(column)
    if flag is not None and set(words.values()) <= {*TRUE_WORDS, *FALSE_WORDS}:
        other = Split.TEST if flag is Split.TRAIN else Split.TRAIN
        return {cell: (flag if word in TRUE_WORDS else other).value for cell, word in words.items()}
    known = {cell: split for cell in words if (split := split_words.split_of(cell)) is not None}
    known = split_words.splits_of(list(known)) or known
    unused = ("unlabelled", "unlabeled", "not used", "none")
    rest = {cell: Split.UNLABELLED.value for cell, word in words.items() if word in unused}
    return {cell: split.value for cell, split in known.items()} | rest


def _flag_of(column: str) -> Split | None:
    words = _words(column)
    return split_words.split_of(" ".join(words[1:])) if words[:1] == ["is"] else None


def _split_column(table: Table, columns: Sequence[str]) -> str | None:
    """The first that is named a split and mostly says splits, else the first that says them."""
    named = [c for c in columns if is_named(c, SPLIT_NAMES) or _flag_of(c) is not None]
    others = [c for c in columns if c not in named and not is_named(c, ANSWER_NAMES)]
    return next((c for c in [*named, *others] if _mostly_splits(table, c)), None)


def _mostly_splits(table: Table, column: str) -> bool:
    cells = [cell for cell in table.column(column) if cell]
    meanings = split_meanings(column, cells)
    return bool(cells) and sum(cell in meanings for cell in cells) > len(cells) / 2


def _answer_column(table: Table, columns: Sequence[str]) -> str | None:
    """A column named label, its text before its number; else the first of few different words."""
    whole = {word for column in table.columns for word in _words(column)}
    # beside x, y is a place in the picture
    words = [word for word in ANSWER_NAMES if not (word == "y" and "x" in whole)]
    named = [column for column in columns if is_named(column, words)]
    if named:
        return min(named, key=lambda c: (is_named(c, NUMBER_NAMES), len(set(table.column(c))) < 2))
    no_labels = (*DOMAIN_NAMES, "x", "y")
    others = (c for c in columns if not names_a_group(c) and not is_named(c, no_labels))
    return next((column for column in others if _few(table, column)), None)


def _few(table: Table, column: str) -> bool:
    return 1 < len(set(table.column(column))) <= min(MOST_ANSWERS, max(2, len(table.rows) // 2))


def _words(column: str) -> list[str]:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).casefold()
    return re.findall(r"[^\W\d_]+", parted)


def _forms(word: str) -> tuple[str, ...]:
    """Singular and plural of an English word: class, classes; diagnosis, diagnoses."""
    plurals = [word + "s", word + "es"]
    if word.endswith("y") and len(word) > 1:
        plurals.append(word[:-1] + "ies")
    if word.endswith("is"):
        plurals.append(word[:-2] + "es")
    return (word, *plurals)
