"""`evaluate`: how good a classifier is on a folder of labelled pictures, and how sure that is."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from tlcore.commands.terminal import Progress, plain, print_json, value_of
from tlcore.errors import GraftError
from tlcore.workspace import Workspace

JSON_FIELDS = (
    "accuracy", "interval", "right", "total", "baselines", "labels", "confusion", "ece",
    "ece_before", "temperature", "coverage", "refused", "notes",
)  # fmt: skip


def run(asked: argparse.Namespace) -> int:
    """Score; with --json the last line of standard output is one object."""
    progress = Progress()
    progress.bar("Starting PyTorch", 0, 1)
    _check_report(asked.report)
    from tlcore.classifier.classifier import Classifier
    from tlcore.results.score.folder_score import read_pictures, score_folder

    classifier = Classifier.load(asked.classifier)
    with tempfile.TemporaryDirectory(prefix="graft-", ignore_cleanup_errors=True) as home:
        workspace = Workspace.open(Path(home))
        try:
            pictures = read_pictures(
                asked.folder, classifier.labels, workspace,
                lambda done, total: progress.bar("Reading", done, total or done),
            )  # fmt: skip
            said, data = value_of(score_folder(classifier, pictures, workspace), progress)
            if asked.report is not None:
                _write_report(asked, classifier.manifest, said, data, workspace)
        finally:
            workspace.close()
    progress.clear()
    refused = [{"file": one.name, "reason": one.reason} for one in pictures.report.refused]
    answer = {**data, "refused": refused, "notes": list(pictures.notes)}
    for words in pictures.notes:
        progress.note(plain(words))
    if asked.json:
        print_json({field: answer[field] for field in JSON_FIELDS})
    else:
        _tell(data, len(refused))
        if asked.report is not None:
            print(f"report: {plain(str(asked.report))}")
    return 0


def _tell(data: dict[str, Any], refused: int) -> None:
    from tlcore.results.score.intervals import score_words

    print(score_words(data["right"], data["total"]))
    if data["too_small"]:
        print(data["too_small"])
    for one in data["baselines"].values():
        print(f"{one['words']}: {one['right']} of {one['total']}")
    answered = [sum(column) for column in zip(*data["confusion"], strict=True)]
    for (label, one), times in zip(data["labels"].items(), answered, strict=True):
        print(f"{plain(label)}: {_label_words(one, times)}")
    print(f"expected calibration error: {100 * data['ece']:.1f} %")
    if refused:
        print(f"{refused} files could not be read")


def _label_words(one: dict[str, Any], answered: int) -> str:
    """How one label did: what nothing was there for is not called 0 %."""
    found = f"{100 * one['recall']:.0f} % found, " if one["support"] else ""
    right = f"{100 * one['precision']:.0f} % right when answered" if answered else "never answered"
    return f"{found}{right}, {one['support']} pictures"


def _check_report(path: Path | None) -> None:
    if path is None:
        return
    if path.suffix.lower() not in (".html", ".htm"):
        raise GraftError(f"“{path}” does not end in .html.", "Name a file that ends in .html.")
    if not path.parent.is_dir():
        raise GraftError(f"There is no folder “{path.parent}”.", "Make it first.")


def _write_report(
    asked: argparse.Namespace, manifest: Any, said: Any, data: dict[str, Any], workspace: Workspace
) -> None:
    from tlcore.results.report.report import Content, write_report

    name = asked.folder.resolve().name  # “.” has one, too
    content = Content.of_folder(manifest, said, data, workspace.pictures, name)
    try:
        write_report(asked.report, content)
    except OSError as error:
        raise GraftError(
            f"The report cannot be written ({error.strerror or error}).",
            "Give another file after --report.",
        ) from error
