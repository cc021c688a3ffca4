"""Shows a classifier pictures of something else, and sees whether it would notice. A task."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.errors import NotFound
from tlcore.images.reduction import working_copy
from tlcore.images.samples.samples import sample_sources
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped
from tlcore.results.explain.scored_pixels import spread
from tlcore.results.score.calibration import probabilities
from tlcore.results.score.distances import (
    MahalanobisDistance,
    NeighbourDistance,
    Rows,
    detection_figures,
    energy,
    limit,
)
from tlcore.results.score.inference import NetworkOutputs, copy_outputs
from tlcore.results.score.predictions import Predictions, read_predictions
from tlcore.results.score.result_cache import (
    DETAILS_NAME,
    FEATURES_NAME,
    KNOWN_NAME,
    details_key,
    read_features,
    read_result,
)
from tlcore.workspace.paths import Layout

LOOKING = "Looking at pictures of something else"
MOST_STRANGERS = 150
MOST_OF_SAMPLE = 60
LEAST_OWN = 20  # pictures from which a limit is set


def detection_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "run", "copies": [paths] or "sample": name} → {"total", "limit", "distance",
    "clouds", "energy", "confidence",
    "pictures": [{"place", "distance", "declined", "said", "sureness"}]}.

    The four ways to notice are the data of `detection_figures`; `place` counts in `copies`.
    Raises NotFound where the details of the run were not derived yet, or it is too small.
    """
    known = _known(payload)
    try:
        looked = yield from _look(payload, Classifier.load(known.classifier), stop)
    except Stopped:
        return
    yield Event("result", _compared(known, looked))


def distance_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "run", "copies": [paths]} → {"limit", "distances"}: beyond it they are strange.

    Raises NotFound where the details of the run were not derived yet, or it is too small.
    """
    known = _known(payload)
    classifier = Classifier.load(known.classifier)
    try:
        looked = yield from copy_outputs(classifier, [Path(p) for p in payload["copies"]], LOOKING,
                                      stop)  # fmt: skip
    except Stopped:
        return
    distances = NeighbourDistance.learn(known.train).distance(looked.features)
    yield Event("result", {"limit": known.limit, "distances": distances.tolist()})


@dataclass(frozen=True)
class _Known:
    """What a run knows: features of training and scored pictures, answers, and the limit."""

    classifier: Path
    predictions: Predictions
    train: Rows
    targets: npt.NDArray[np.int64]
    own: Rows
    limit: float


def _known(payload: dict[str, Any]) -> _Known:
    folder = Layout(Path(payload["home"])).run(payload["run"])
    details = read_result(folder, DETAILS_NAME, details_key(folder)) or {}
    predictions = read_predictions(folder)
    own = read_features(folder / KNOWN_NAME, "judged", len(predictions.of(predictions.judged)))
    targets = details.get("known", {}).get("targets", [])
    train = read_features(folder / KNOWN_NAME, "train", len(targets))
    if own is None or train is None or len(train) < LEAST_OWN:
        raise NotFound(
            "There are too few pictures to say what is familiar to it.",
            f"It takes {LEAST_OWN} training pictures or more.",
        )
    tried = read_features(folder / FEATURES_NAME, "validation", len(predictions.of("validation")))
    if tried is None or len(tried) < LEAST_OWN:
        tried = own
    at = limit(NeighbourDistance.learn(train).distance(tried))
    labels = np.array(targets, dtype=np.int64)
    return _Known(folder / CLASSIFIER_FOLDER, predictions, train, labels, own, at)


def _compared(known: _Known, looked: NetworkOutputs) -> dict[str, Any]:
    """The ways to notice, side by side: features in two ways, energy, and mere confidence."""
    predictions, heat = known.predictions, known.predictions.temperature
    nearest = NeighbourDistance.learn(known.train)
    mahalanobis = MahalanobisDistance.learn(known.train, known.targets)
    logits = predictions.logits(predictions.judged)
    shares = probabilities(looked.logits, heat)
    far = nearest.distance(looked.features)
    sure = probabilities(logits, heat).max(axis=1)
    return {
        "total": len(far),
        "limit": known.limit,
        "distance": detection_figures(nearest.distance(known.own), far, known.limit),
        "clouds": detection_figures(
                mahalanobis.distance(known.own), mahalanobis.distance(looked.features)
            ),
        "energy": detection_figures(energy(logits, heat), energy(looked.logits, heat)),
        "confidence": detection_figures(1 - sure, 1 - shares.max(axis=1)),
        "pictures": [
            {"place": int(place), "distance": float(far[place]),
             "declined": bool(far[place] > known.limit),
             "said": int(shares[place].argmax()), "sureness": float(shares[place].max())}
            for place in np.argsort(far)
        ],
    }  # fmt: skip


def _look(
    payload: dict[str, Any], classifier: Classifier, stop: Stop
) -> Generator[Event, None, NetworkOutputs]:
    if payload.get("sample"):
        with tempfile.TemporaryDirectory(prefix="graft-strange-") as made:
            copies = sample_copies(str(payload["sample"]), Path(made))
            return (yield from copy_outputs(classifier, copies, LOOKING, stop))
    copies = [Path(path) for path in payload["copies"]]
    return (yield from copy_outputs(classifier, spread(copies, MOST_STRANGERS), LOOKING, stop))


def sample_copies(name: str, folder: Path) -> list[Path]:
    """Working copies of pictures of a sample, evenly over it. Raises GraftError."""
    sources = list(sample_sources(name))
    paths = []
    for number, source in enumerate(spread(sources, MOST_OF_SAMPLE)):
        path = folder / f"{number}.jpg"
        path.write_bytes(working_copy(source.read()).jpeg)
        paths.append(path)
    return paths
