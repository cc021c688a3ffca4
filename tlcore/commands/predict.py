"""`predict`: what a classifier says about pictures. One bad file loses nothing else."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tlcore.commands.terminal import plain, print_json
from tlcore.errors import PictureRefused


def run(asked: argparse.Namespace) -> int:
    """Answer for every file; exit code 1 if none could be read."""
    from tlcore.training.classifier import Classifier

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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PictureRefused(
            f"The file cannot be opened ({error.strerror or error}).", "Check its name.", "missing"
        ) from error
