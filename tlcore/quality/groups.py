"""Which pictures belong together: by a part of the file name, by day, or because they are copies.

No torch: pages use it for a live preview. What it finds is stored as the `group` of an example.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.errors import GraftError
from tlcore.images.group_splits import swallowed
from tlcore.images.metadata import read_metadata
from tlcore.images.near_duplicates import join, near_duplicate_groups
from tlcore.workspace.records import Example

MARK = "{group}"
WILD = {"*": ".*?", MARK: "(?P<group>[^/]+?)"}
LONGEST = 200  # letters of a pattern, and of a group's name
TRIED = ("{group}_*", "{group}-*", "{group} *", "*_{group}_*", "*-{group}-*", "*_{group}.*")
HOW = (
    "Write {group} where the name of the group stands, * for anything else and # for digits: "
    "{group}_*.jpg makes one group of P07_01.jpg and P07_02.jpg."
)


def by_pattern(names: Sequence[str], pattern: str) -> list[str | None]:
    """The group of each file name under a pattern such as `{group}_*.jpg`; None where none fits.

    `*` stands for anything, `#` for digits; case does not matter. A pattern with a slash is held
    against the whole path, any other against the file's own name.

    Raises:
        GraftError: the pattern does not say where the group is, or is too long.
    """
    whole = "/" in pattern
    expression = _compiled(pattern)
    groups: list[str | None] = []
    for name in names:
        path = name.replace("\\", "/")
        match = expression.fullmatch(path if whole else path.rsplit("/", 1)[-1])
        group = match.group("group").strip() if match else ""
        groups.append(group[:LONGEST] or None)
    return groups


def suggest_pattern(names: Sequence[str], labels: Sequence[int | None] = ()) -> str | None:
    """The first usual pattern that fits nearly all names and makes groups of several, or None.

    With the label of each (None: not known), none that only finds the labels, or a number that
    starts anew with each: daisy_001.jpg says what is in the picture, not where it is from.
    """
    for pattern in TRIED:
        groups = by_pattern(names, pattern)
        if _are_labels(groups, labels) or _are_numbers(groups, labels):
            continue
        sizes = Counter(group for group in groups if group is not None)
        several = 3 <= len(sizes) <= 0.5 * len(names)
        if several and sum(sizes.values()) >= 0.9 * len(names):
            return pattern
    return None


def _are_labels(groups: Sequence[str | None], labels: Sequence[int | None]) -> bool:
    """Whether half of the labels or more are nearly one group each."""
    known = {label for label in labels if label is not None}
    held = swallowed(dict(enumerate(labels)), dict(enumerate(groups)))
    return bool(known) and 2 * len(held) >= len(known)


def _are_numbers(groups: Sequence[str | None], labels: Sequence[int | None]) -> bool:
    """Whether each group is a number, and hardly two pictures of a label share one."""
    together = [
        (group, label)
        for group, label in zip(groups, labels, strict=False)
        if group is not None and label is not None
    ]
    if not together or not all(group.isdecimal() for group, _ in together):
        return False
    return len(set(together)) > 0.9 * len(together)


def by_day(originals: Sequence[Path]) -> list[str | None]:
    """The day when each picture was taken, as 2026-05-31, from EXIF; None where it does not say."""
    days = (read_metadata(path).taken_at for path in originals)
    return [moment.date().isoformat() if moment else None for moment in days]


def by_copies(examples: Sequence[Example]) -> list[str | None]:
    """One group for each set of near copies, named after its first picture; None for the others."""
    groups: list[str | None] = [None] * len(examples)
    for members in near_duplicate_groups([example.perceptual_hash for example in examples]):
        for member in members:
            groups[member] = f"copies of {examples[members[0]].picture[:8]}"
    return groups


def unit_numbers(
    examples: Sequence[Example], copies: Sequence[Sequence[int]]
) -> npt.NDArray[np.int64]:
    """A number (N,) for what must not be divided: a person's groups and copies, joined.

    `copies` hold positions in `examples`.
    """
    first: dict[str, int] = {}
    pairs = [(members[0], other) for members in copies for other in members[1:]]
    for position, example in enumerate(examples):
        if example.group is not None:
            pairs.append((first.setdefault(example.group, position), position))
    numbers = np.zeros(len(examples), np.int64)
    for number, members in enumerate(join(len(examples), pairs)):
        numbers[members] = number
    return numbers


def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as an expression that never tries a part again once it fits (`(?>…)`).

    Each wildcard reaches to the first place where what stands after it fits, the last one to the
    end: otherwise a pattern with a few stars could take years on one long name.
    """
    pattern = re.sub(r"\*+", "*", pattern)
    if pattern.count(MARK) != 1:
        raise GraftError(f"The pattern {pattern[:60]!r} does not say once what the group is.", HOW)
    if "*" + MARK in pattern or MARK + "*" in pattern:
        raise GraftError("Between {group} and a star there must be something else.", HOW)
    if len(pattern) > LONGEST:
        raise GraftError(f"The pattern has more than {LONGEST} letters.", HOW)
    pieces = [piece for piece in re.split(r"(\{group\}|\*)", pattern) if piece]
    expression = ""
    for place, piece in enumerate(pieces):
        if piece in WILD:
            fixed = place + 1 < len(pieces) and _fixed(pieces[place + 1])
            last = place + 2 >= len(pieces)
            expression += f"(?>{WILD[piece]}{fixed})" if fixed and not last else WILD[piece]
            expression += fixed if fixed and last else ""
        elif place == 0:
            expression += _fixed(piece)
    return re.compile(expression, re.IGNORECASE | re.DOTALL)


def _fixed(piece: str) -> str:
    """Letters as they are, and # as digits."""
    return "".join(
        "(?>[0-9]+)" if part == "#" else re.escape(part) for part in re.split("(#)", piece)
    )
