"""The tree of errors that is drawn at the top of their file is the tree that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tlcore import errors
from tlcore.errors import GraftError


def family(kind: type[GraftError], depth: int = 0) -> Iterator[tuple[int, str]]:
    """An error and those below it, each with its depth in the tree."""
    yield depth, kind.__name__
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from family(child, depth + 1)


def test_the_tree_at_the_top_names_every_error_in_its_place() -> None:
    lines = str(errors.__doc__).splitlines()
    names = [re.match(r"([│├└─ ]*)([A-Z]\w+) {2,}\w", line) for line in lines]
    drawn = [(len(name[1]) // 4, name[2]) for name in names if name is not None]
    assert drawn == list(family(GraftError))
