"""`check`: what is wrong with a folder of pictures, before anything is trained on them."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tlcore.commands.terminal import Progress, plain, print_json, value_of
from tlcore.quality.checkup.findings import Finding, topics
from tlcore.workspace import Workspace
from tlcore.workspace.paths import Layout, find_home

SHOWN = 10  # findings of one topic on a terminal


def run(asked: argparse.Namespace) -> int:
    """Check; with --json the last line of standard output is one object."""
    progress = Progress()
    progress.bar("Starting PyTorch", 0, 1)
    from tlcore.quality.checkup.checkup import check_up
    from tlcore.quality.checkup.folder_check import findings_of, read_pictures
    from tlcore.quality.features import opened
    from tlcore.quality.pictures import read_pictures as pictures_of

    Layout(find_home()).make()
    opened(find_home(), asked.backbone)  # an unknown model is said before anything is read
    with tempfile.TemporaryDirectory(prefix="graft-", ignore_cleanup_errors=True) as folder:
        workspace = Workspace.open(Path(folder))
        try:
            read = read_pictures(
                asked.folder,
                workspace,
                lambda done, total: progress.bar("Reading", done, total or done),
            )
            pictures = pictures_of(workspace, read.project)
            # What the network says is kept in Graft's home: a later training finds it.
            looked = check_up(pictures, asked.backbone, kept=find_home())
            checkup = value_of(looked, progress)
            found = findings_of(checkup, read)
        finally:
            workspace.close()
    progress.clear()
    notes = [*read.notes, *checkup.notes]
    for words in notes:
        progress.note(plain(words))
    if asked.json:
        print_json(_answer(found, checkup.pictures, notes, dict(checkup.seconds)))
    else:
        _tell(found, checkup.pictures)
    return 0


def _answer(
    found: Sequence[Finding], pictures: int, notes: Sequence[str], seconds: dict[str, float]
) -> dict[str, Any]:
    return {
        "pictures": pictures,
        "findings": [
            {
                "kind": one.kind.value,
                "reason": one.reason,
                "files": list(one.files),
                "score": one.score,
                "words": one.words,
                "remedy": one.remedy,
            }
            for one in found
        ],
        "notes": list(notes),
        "seconds": seconds,
    }


def _tell(found: Sequence[Finding], pictures: int) -> None:
    """The short list, with the first few findings of each topic."""
    if not found:
        print(f"{pictures} pictures, and nothing is amiss.")
        return
    for topic in topics(found):
        print(f"{topic.words} {plain(topic.findings[0].remedy)}")
        for one in topic.findings[:SHOWN]:
            shown = ", ".join(one.files[:3]) + (" …" if len(one.files) > 3 else "")
            print(f"  {plain(one.words)}  [{plain(shown)}]")
        if len(topic.findings) > SHOWN:
            print(f"  and {len(topic.findings) - SHOWN} more")
