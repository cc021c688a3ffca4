"""`predict`: what a classifier says about pictures, a few or a whole folder into a table.

One bad file loses nothing else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.commands.terminal import Progress, plain, print_json, result_of
from tlcore.errors import GraftError, PictureRefused

if TYPE_CHECKING:
    from tlcore.classifier.classifier import Classifier


def run(arguments: argparse.Namespace) -> int:
    """Predict for every file; exit code 1 if none could be read."""
    if arguments.out is not None:
        return _run_folder(arguments)
    if arguments.sort is not None:
        raise GraftError("--sort needs a table too.", "Add --out answers.csv.")
    from tlcore.classifier.classifier import Classifier

    classifier = Classifier.load(arguments.classifier)
    predictions: list[dict[str, Any]] = []
    refused: list[dict[str, str]] = []
    for path in arguments.files:
        try:
            prediction = _predict(classifier, path)
        except PictureRefused as error:
            refused.append({"file": str(path), "reason": error.message})
            print(f"{plain(str(path))}: not read. {error.message}", file=sys.stderr)
            continue
        predictions.append(prediction)
        if not arguments.json:
            print(f"{plain(str(path))}: {_words(prediction)}", flush=True)
    if arguments.json:
        print_json({"predictions": predictions, "refused": refused})
    return 0 if predictions else 1


def _predict(classifier: Classifier, path: Path) -> dict[str, Any]:
    """What --json prints of a file. Raises PictureRefused."""
    batch = classifier.predict([_read(path)])
    label, probability = batch.top(0)
    return {
        "file": str(path),
        "label": label,
        "probability": probability,
        "declined": probability < classifier.manifest.threshold,
        "probabilities": dict(zip(batch.labels, batch.probabilities[0], strict=True)),
    }


def _words(prediction: dict[str, Any]) -> str:
    unsure = "I don't know, perhaps " if prediction["declined"] else ""
    return f"{unsure}{plain(prediction['label'])} {100 * prediction['probability']:.0f} %"


def _run_folder(arguments: argparse.Namespace) -> int:
    """A whole folder into a table; Ctrl-C leaves what is done, and the same command goes on."""
    if len(arguments.files) != 1 or not arguments.files[0].is_dir():
        raise GraftError("With --out, one folder of pictures is wanted.", "Give one folder.")
    progress = Progress()
    progress.bar("Starting PyTorch", 0, 1)
    from tlcore.classifier.classifier import Classifier
    from tlcore.serving.bulk import predict_folder

    classifier = Classifier.load(arguments.classifier)
    events = predict_folder(classifier, arguments.files[0], arguments.out, sort_to=arguments.sort)
    result = result_of(events, progress)
    if arguments.json:
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
