"""The stress test of a run, as a task. Importing this imports torch."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from tlcore.classifier.classifier import Classifier
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check
from tlcore.results.explain.scored_pixels import (
    CHUNK,
    pixels_address,
    progress,
    read_pixels,
    spread,
    stored_or_computed,
)
from tlcore.results.robustness.stress import (
    KINDS,
    label_shares,
    stress_row,
    stress_words,
    worst_kinds,
)
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.predictions import Predictions
from tlcore.results.score.result_cache import STRESS_NAME
from tlcore.workspace.pictures import Pictures

MOST_STRESSED, LEAST_STRESSED = 1000, 150
SECONDS = 45.0  # so long it may take: on a slow computer fewer pictures are tried
MEASURED = 64  # pictures by which the speed is measured
FLIPPED = 4  # pictures shown for each of the worst changes
WORST = 3
Answers = npt.NDArray[np.int64]


def stress_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "run"} → {"plain", "total", "rows", "words", "worst"}: the score under changes."""
    yield from stored_or_computed(payload, STRESS_NAME, _stress, stop)


def _stress(
    folder: Path, predictions: Predictions, pictures: Pictures, stop: Stop
) -> Generator[Event, None, dict[str, Any]]:
    classifier = Classifier.load(folder)
    chosen = _as_many_as_time_allows(classifier, predictions, pictures, stop)
    pixels = torch.cat([part for _, part in read_pixels(classifier, chosen, pictures, stop)])
    targets = np.array([prediction.target for prediction in chosen])
    doing, total = "Trying changed pictures", 1 + 3 * len(KINDS)
    plain = _answers(classifier, [pixels])
    yield progress(doing, 1, total)
    rows: list[dict[str, Any]] = []
    answers: dict[tuple[str, int], Answers] = {}
    for kind in KINDS:
        for level, strength in enumerate(kind.strengths):
            check(stop)
            changed = (kind.apply(part, strength) for part in torch.split(pixels, CHUNK))
            now = answers[kind.name, level] = _answers(classifier, changed)
            rows.append(stress_row(kind, level, now, plain, targets, len(predictions.labels)))
            yield progress(doing, 1 + len(rows), total)
    score = float((plain == targets).mean())
    worst = worst_kinds(rows, score)[:WORST]
    for row in worst:
        row["shown"] = _flipped(row, pixels, plain, answers[row["kind"], row["level"]], targets)
    return {
        "plain": score,
        "total": len(chosen),
        "of": len(predictions.of(predictions.judged)),
        "labels": label_shares(plain, targets, len(predictions.labels)),
        "rows": rows,
        "words": stress_words(rows, score),
        "worst": worst,
    }


def _as_many_as_time_allows(
    classifier: Classifier, predictions: Predictions, pictures: Pictures, stop: Stop
) -> list[Prediction]:
    """The scored pictures, or evenly chosen ones where all of them would take too long."""
    judged = predictions.of(predictions.judged)
    few = spread(judged, MEASURED)
    pixels = torch.cat([part for _, part in read_pixels(classifier, few, pictures, stop)])
    _answers(classifier, [pixels[:2]])  # the first pass prepares what later ones use
    begun = time.perf_counter()
    _answers(classifier, [pixels])
    each = (time.perf_counter() - begun) / max(1, len(few))
    room = int(SECONDS / max(1e-9, each * 3 * len(KINDS)))
    return spread(judged, max(LEAST_STRESSED, min(MOST_STRESSED, room)))


def _flipped(
    row: dict[str, Any], pixels: Tensor, plain: Answers, now: Answers, targets: Answers
) -> list[dict[str, Any]]:
    """Some pictures that were right before this change and wrong after it, as they look then."""
    kind = next(kind for kind in KINDS if kind.name == row["kind"])
    flipped = np.flatnonzero((plain == targets) & (now != targets))
    places = flipped[:: max(1, len(flipped) // FLIPPED)][:FLIPPED]
    changed = kind.apply(pixels[torch.from_numpy(places)], kind.strengths[row["level"]])
    return [
        {"picture": pixels_address(picture), "truth": int(targets[place]), "said": int(now[place])}
        for picture, place in zip(changed, places, strict=True)
    ]


def _answers(classifier: Classifier, parts: Iterable[Tensor]) -> Answers:
    labels = []
    with torch.inference_mode():
        for part in parts:
            for batch in torch.split(part, CHUNK):
                plain = classifier.preprocessing.normalise(batch)
                plain = plain.contiguous(memory_format=torch.channels_last)
                labels.append(classifier.network(plain).argmax(1).numpy())
    return np.concatenate(labels) if labels else np.zeros(0, np.int64)
