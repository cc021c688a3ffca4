"""`predict`: what a classifier says about pictures, a few or a whole folder into a table.

One bad file loses nothing else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tlcore.commands.terminal import Progress, plain, print_json, result_of
from tlcore.errors import GraftError, PictureRefused


def run(asked: argparse.Namespace) -> int:
    """Answer for every file; exit code 1 if none could be read."""
    if asked.out is not None:
        return _run_folder(asked)
    if asked.sort is not None:
        raise GraftError("--sort needs a table too.", "Add --out answers.csv.")
    from tlcore.classifier.classifier import Classifier

    classifier = Classifier.load(asked.classifier)
    answers: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    for path in asked.files:
        try:
            prediction = classifier.predict([_read(path)])
        except PictureRefused as error:
            refused.append({"file": str(path), "reason": error.message})
            print(f"{plain(str(path))}: not read. {error.message}", file=sys.stderr)
            continue
        label, probability = prediction.top(0)
        chances = dict(zip(prediction.labels, prediction.probabilities[0], strict=True))
        declined = probability < classifier.manifest.threshold
        answers.append(
            {"file": str(path), "label": label, "probability": probability,
             "declined": declined, "probabilities": chances}
        )  # fmt: skip
        if not asked.json:
            unsure = "I don't know, perhaps " if declined else ""
            words = f"{unsure}{plain(label)} {100 * probability:.0f} %"
            print(f"{plain(str(path))}: {words}", flush=True)
    if asked.json:
        print_json({"predictions": answers, "refused": refused})
    return 0 if answers else 1


def _run_folder(asked: argparse.Namespace) -> int:
    """A whole folder into a table; Ctrl-C leaves what is done, and the same command goes on."""
    if len(asked.files) != 1 or not asked.files[0].is_dir():
        raise GraftError("With --out, one folder of pictures is wanted.", "Give one folder.")
    progress = Progress()
    progress.bar("Starting PyTorch", 0, 1)
    from tlcore.classifier.classifier import Classifier
    from tlcore.serving.bulk import predict_folder

    classifier = Classifier.load(asked.classifier)
    events = predict_folder(classifier, asked.files[0], asked.out, sort_to=asked.sort)
    result = result_of(events, progress)
    if asked.json:
        print_json(result)
    else:
        for label, number in result["counts"].items():
            print(f"{plain(label)}: {number}")
        print(f"of these not sure: {result['declined']}, not read: {result['refused']}")
        print(f"table: {plain(result['path'])}")
    return 0 if result["answered"] else 1


def _read(path: Path) -> bytes:
    if path.is_dir():
        words = "It is a folder: add --out answers.csv to ask about every picture in it."
        raise PictureRefused(words, "Add --out answers.csv.", "folder")
    try:
        return path.read_bytes()
    except OSError as error:
        raise PictureRefused(
            f"The file cannot be opened ({error.strerror or error}).", "Check its name.", "missing"
        ) from error
