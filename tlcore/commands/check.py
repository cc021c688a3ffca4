"""`check`: what is wrong with a folder of pictures, before anything is trained on them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from tlcore.commands.temporary_workspace import temporary_workspace
from tlcore.commands.terminal import Progress, plain, print_json, value_of
from tlcore.quality.checkup.findings import Finding
from tlcore.quality.checkup.topics import topics
from tlcore.workspace.paths import Layout, find_home

SHOWN = 10  # findings of one topic on a terminal


def run(arguments: argparse.Namespace) -> int:
    """Check; with --json the last line of standard output is one object."""
    progress = Progress()
    progress.bar("Starting PyTorch", 0, 1)
    from tlcore.quality.checkup.checkup import check_up
    from tlcore.quality.checkup.folder_check import findings_of, read_pictures
    from tlcore.quality.features import open_backbone
    from tlcore.quality.pictures import read_pictures as pictures_of

    Layout(find_home()).make()
    # an unknown model is reported before anything is read
    open_backbone(find_home(), arguments.backbone)
    with temporary_workspace() as workspace:
        read = read_pictures(
            arguments.folder,
            workspace,
            lambda done, total: progress.bar("Reading", done, total or done),
            level=arguments.label_level,
            on_understood=lambda understanding: progress.note(plain(understanding.words)),
        )
        pictures = pictures_of(workspace, read.project)
        # What the network computes is kept in Graft's home: a later training finds it.
        refusals = read.report.refused
        events = check_up(pictures, arguments.backbone, kept=find_home(), refusals=refusals)
        checkup = value_of(events, progress)
        findings = findings_of(checkup, read)
    progress.clear()
    notes = [*read.notes, *checkup.notes]
    for words in notes:
        progress.note(plain(words))
    if arguments.json:
        understood = {} if read.understanding is None else read.understanding.to_data()
        content = _content(findings, checkup.pictures, notes, dict(checkup.seconds))
        print_json({**content, "understood": understood})
    else:
        _print(findings, checkup.pictures)
    return 0


def _content(
    findings: Sequence[Finding], pictures: int, notes: Sequence[str], seconds: dict[str, float]
) -> dict[str, Any]:
    """What --json prints."""
    return {
        "pictures": pictures,
        "findings": [
            {
                "kind": finding.kind.value,
                "reason": finding.reason,
                "files": list(finding.files),
                "score": finding.score,
                "words": finding.words,
                "remedy": finding.remedy,
            }
            for finding in findings
        ],
        "notes": list(notes),
        "seconds": seconds,
    }


def _print(findings: Sequence[Finding], pictures: int) -> None:
    """The short list, with the first few findings of each topic."""
    if not findings:
        print(f"{pictures} pictures, and nothing is amiss.")
        return
    for topic in topics(findings):
        print(f"{topic.words} {plain(topic.findings[0].remedy)}")
        for finding in topic.findings[:SHOWN]:
            files = ", ".join(finding.files[:3]) + (" …" if len(finding.files) > 3 else "")
            print(f"  {plain(finding.words)}  [{plain(files)}]")
        if len(topic.findings) > SHOWN:
            print(f"  and {len(topic.findings) - SHOWN} more")
