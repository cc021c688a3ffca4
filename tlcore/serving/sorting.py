"""Sorting a folder into subfolders by the predicted label: copies, and nothing is overwritten."""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tlcore.errors import GraftError
from tlcore.serving.table import Line
from tlcore.workspace.files import replacing

UNSURE = "not sure"
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # names of devices on Windows
LONGEST = 80


def folder_names(labels: Sequence[str]) -> list[str]:
    """A name for each label's folder that every system takes, all different whatever the case."""
    used = {UNSURE}
    names = []
    for label in labels:
        name = FORBIDDEN.sub("_", label)[:LONGEST].strip(" .")
        if not name or RESERVED.fullmatch(name):
            name = f"label {name}".strip()
        number, distinct = 2, name
        while distinct.casefold() in used:
            distinct, number = f"{name} ({number})", number + 1
        used.add(distinct.casefold())
        names.append(distinct)
    return names


def check_place(source: Path, out: Path) -> None:
    """Raises GraftError where `out` lies in the folder that is to be sorted into it."""
    if out.resolve().is_relative_to(source.resolve()):
        raise GraftError(
            f"“{out}” lies in the folder that is to be sorted.", "Give a folder elsewhere."
        )


def sort_into(
    source: Path, out: Path, lines: Iterable[Line], labels: Sequence[str], threshold: float
) -> Iterator[Path]:
    """Copy each file of `source` with a prediction into the folder of its label below `out`.

    What is below the threshold goes to “not sure”; what could not be read stays out. Yields each
    copy. A file that is there already is left alone.

    Raises:
        GraftError: `out` lies in `source`, or a file cannot be copied.
    """
    check_place(source, out)
    names = folder_names(labels)
    for line in lines:
        if line.row is None:
            continue
        best = max(range(len(line.row)), key=line.row.__getitem__)
        folder = out / (UNSURE if line.row[best] < threshold else names[best])
        try:
            folder.mkdir(parents=True, exist_ok=True)
            yield _copied(source / line.file, folder)
        except OSError as error:
            raise GraftError(
                f"“{line.file}” cannot be copied ({error.strerror or error}).",
                "Free some space, or give another folder.",
            ) from error


def _copied(file: Path, folder: Path) -> Path:
    """Copy under the file's own name, or with a number where another file has it."""
    number, place = 2, folder / file.name
    while place.exists():
        if filecmp.cmp(file, place, shallow=False):
            return place
        place, number = folder / f"{file.stem} ({number}){file.suffix}", number + 1
    with replacing(place, sync=False) as unfinished:
        shutil.copy2(file, unfinished)
    return place
