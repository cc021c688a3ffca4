"""Zips of other teaching tools, in which a file's name and not its folder says the label.

Teachable Machine writes “label-!-0.jpg” beside a manifest.json (its project file ends in .tm), and
“label-samples.zip” for one class; GenAI Teachable Machine writes “samples/0_12.png” and the labels,
in order, into metadata.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from tlcore.images.intake.sources import Placed

MARK = "-!-"
MANIFEST, METADATA = "manifest.json", "metadata.json"
SAMPLE = re.compile(r"samples/(\d+)_\d+\.(png|jpe?g|webp)", re.IGNORECASE)
ONE_CLASS = re.compile(r"(?P<label>.+?)-samples(?: ?\(\d+\))?\.zip", re.IGNORECASE)
MAX_JSON = 10_000_000  # bytes; a manifest has a few hundred


def place_teachable(
    paths: Sequence[str], read: Callable[[int], bytes], name: str = ""
) -> list[Placed] | None:
    """Where each picture belongs, or None when the zip is none of these.

    Args:
        paths: the names of the entries.
        read: gives the bytes of the entry at a position; may raise PictureRefused.
        name: that of the zip itself, as the visitor has it.
    """
    if MANIFEST in paths and any(MARK in path for path in paths):
        return [
            Placed(position, path, path.rsplit(MARK, 1)[0], None)
            for position, path in enumerate(paths)
            if MARK in path and "/" not in path
        ]
    if METADATA in paths and any(SAMPLE.fullmatch(path) for path in paths):
        labels = _labels(read(paths.index(METADATA)))
        if labels is not None:
            return _numbered(paths, labels)
    title = ONE_CLASS.fullmatch(name.replace("\\", "/").rsplit("/", 1)[-1])
    if title and not any("/" in path for path in paths):
        return [Placed(position, path, title["label"], None) for position, path in enumerate(paths)]
    return None


def _numbered(paths: Sequence[str], labels: Sequence[str]) -> list[Placed]:
    placed = []
    for position, path in enumerate(paths):
        match = SAMPLE.fullmatch(path)
        if match and int(match[1]) < len(labels):
            placed.append(Placed(position, path, labels[int(match[1])], None))
    return placed


def _labels(data: bytes) -> list[str] | None:
    try:
        labels = json.loads(data[:MAX_JSON])["labels"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [str(label) for label in labels] if isinstance(labels, list) else None
