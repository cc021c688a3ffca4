"""`evaluate`: how good a classifier is on a folder of labelled pictures, and how sure that is."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tlcore.commands.temporary_workspace import temporary_workspace
from tlcore.commands.terminal import Progress, plain, print_json, value_of
from tlcore.errors import GraftError
from tlcore.workspace import Workspace

JSON_FIELDS = (
    "accuracy", "interval", "right", "total", "baselines", "labels", "confusion", "ece",
    "ece_before", "temperature", "coverage", "refused", "notes", "understood",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Score; with --json the last line of standard output is one object."""
    progress = Progress()
    progress.bar("Starting PyTorch", 0, 1)
    _check_report(arguments.report)
    from tlcore.classifier.classifier import Classifier
    from tlcore.results.score.folder_score import read_pictures, score_folder

    classifier = Classifier.load(arguments.classifier)
    with temporary_workspace() as workspace:
        pictures = read_pictures(
            arguments.folder, classifier.labels, workspace,
            lambda done, total: progress.bar("Reading", done, total or done),
            level=arguments.label_level,
            on_understood=lambda understanding: progress.note(plain(understanding.words)),
        )  # fmt: skip
        events = score_folder(classifier, pictures, workspace)
        predictions, scores = value_of(events, progress)
        if arguments.report is not None:
            _write_report(arguments, classifier.manifest, predictions, scores, workspace)
    progress.clear()
    refused = [
        {"file": picture.name, "reason": picture.reason} for picture in pictures.report.refused
    ]
    for words in pictures.notes:
        progress.note(plain(words))
    if arguments.json:
        content = {**scores, "refused": refused, "notes": list(pictures.notes)}
        content["understood"] = pictures.understanding.to_data()
        print_json({field: content[field] for field in JSON_FIELDS})
    else:
        _print(scores, len(refused))
        if arguments.report is not None:
            print(f"report: {plain(str(arguments.report))}")
    return 0


def _print(scores: dict[str, Any], refused: int) -> None:
    from tlcore.results.score.intervals import score_words

    print(score_words(scores["right"], scores["total"]))
    if scores["too_small"]:
        print(scores["too_small"])
    for baseline in scores["baselines"].values():
        print(f"{baseline['words']}: {baseline['right']} of {baseline['total']}")
    predicted = [sum(column) for column in zip(*scores["confusion"], strict=True)]
    for (label, figures), times in zip(scores["labels"].items(), predicted, strict=True):
        print(f"{plain(label)}: {_label_words(figures, times)}")
    print(f"expected calibration error: {100 * scores['ece']:.1f} %")
    if refused:
        print(f"{refused} files could not be read")


def _label_words(figures: dict[str, Any], predicted: int) -> str:
    """How well a label did: what nothing was there for is not called 0 %.

    `predicted` is how often the classifier gave it.
    """
    recall = f"{100 * figures['recall']:.0f} % found, " if figures["support"] else ""
    precision = (
        f"{100 * figures['precision']:.0f} % right when answered" if predicted else "never answered"
    )
    return f"{recall}{precision}, {figures['support']} pictures"


def _check_report(path: Path | None) -> None:
    if path is None:
        return
    if path.suffix.lower() not in (".html", ".htm"):
        raise GraftError(f"“{path}” does not end in .html.", "Name a file that ends in .html.")
    if not path.parent.is_dir():
        raise GraftError(f"There is no folder “{path.parent}”.", "Make it first.")


def _write_report(
    arguments: argparse.Namespace,
    manifest: Any,
    predictions: Any,
    scores: dict[str, Any],
    workspace: Workspace,
) -> None:
    from tlcore.results.report.report import Content, write_report

    name = arguments.folder.resolve().name  # “.” has one, too
    content = Content.of_folder(manifest, predictions, scores, workspace.pictures, name)
    try:
        write_report(arguments.report, content)
    except OSError as error:
        raise GraftError(
            f"The report cannot be written ({error.strerror or error}).",
            "Give another file after --report.",
        ) from error
