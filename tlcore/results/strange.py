"""Shows a classifier pictures of something else, and sees whether it would notice. A task."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.errors import NotFound
from tlcore.images.reduction import working_copy
from tlcore.images.samples import sample_sources
from tlcore.jobs.events import Event
from tlcore.results.calibration import probabilities
from tlcore.results.examining import spread
from tlcore.results.kept import (
    DETAILS_NAME,
    FEATURES_NAME,
    KNOWN_NAME,
    details_key,
    read_features,
    read_kept,
)
from tlcore.results.looking import Looked, looked_at
from tlcore.results.predictions import Predictions, read_predictions
from tlcore.results.unfamiliar import Familiar, energy, limit, strangers
from tlcore.training.classifier import Classifier
from tlcore.training.manifest import CLASSIFIER_FOLDER
from tlcore.training.stopping import Stop, Stopped
from tlcore.workspace.paths import Layout

LOOKING = "Looking at pictures of something else"
MOST_STRANGERS = 150
MOST_OF_SAMPLE = 60
LEAST_OWN = 20  # pictures from which a limit is set


def strangers_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """{"home", "run", "copies": [paths] or "sample": name} → {"total", "distance", "energy",
    "confidence", "pictures": [{"place", "distance", "declined", "said", "sureness"}]}.

    `distance`, `energy` and `confidence` are the data of `strangers`; `place` counts in `copies`.
    Raises NotFound where the details of the run were not derived yet.
    """
    layout = Layout(Path(payload["home"]))
    folder = layout.run(payload["run"])
    details = read_kept(folder, DETAILS_NAME, details_key(folder))
    said = read_predictions(folder)
    own = read_features(folder / KNOWN_NAME, "judged", len(said.of(said.judged)))
    targets = details["known"]["targets"] if details else []
    train = read_features(folder / KNOWN_NAME, "train", len(targets))
    if own is None or train is None or len(train) < LEAST_OWN:
        raise NotFound(
            "There are too few pictures to say what is familiar to it.",
            f"It takes {LEAST_OWN} training pictures or more.",
        )
    classifier = Classifier.load(folder / CLASSIFIER_FOLDER)
    try:
        looked = yield from _look(payload, classifier, stop)
    except Stopped:
        return
    familiar = Familiar.learn(train, np.array(targets, dtype=np.int64))
    validation = read_features(folder / FEATURES_NAME, "validation", len(said.of("validation")))
    tried = own if validation is None or len(validation) < LEAST_OWN else validation
    at = limit(familiar.distance(tried))
    yield Event("result", _compared(said, familiar, own, looked, at))


def _compared(
    said: Predictions, familiar: Familiar, own: np.ndarray[Any, Any], looked: Looked, at: float
) -> dict[str, Any]:
    """The three ways to notice, side by side: features, energy, and mere confidence."""
    logits = said.logits(said.judged)
    shares = probabilities(looked.logits, said.temperature)
    far, near = familiar.distance(looked.features), familiar.distance(own)
    sure = probabilities(logits, said.temperature).max(axis=1)
    return {
        "total": len(far),
        "limit": at,
        "distance": strangers(near, far, at),
        "energy": strangers(energy(logits, said.temperature),
                            energy(looked.logits, said.temperature)),
        "confidence": strangers(1 - sure, 1 - shares.max(axis=1)),
        "pictures": [
            {"place": place, "distance": float(far[place]), "declined": bool(far[place] > at),
             "said": int(shares[place].argmax()), "sureness": float(shares[place].max())}
            for place in np.argsort(far)
        ],
    }  # fmt: skip


def _look(
    payload: dict[str, Any], classifier: Classifier, stop: Stop
) -> Generator[Event, None, Looked]:
    if payload.get("sample"):
        with tempfile.TemporaryDirectory(prefix="graft-strange-") as made:
            copies = sample_copies(str(payload["sample"]), Path(made))
            return (yield from looked_at(classifier, copies, LOOKING, stop))
    copies = [Path(path) for path in payload["copies"]]
    return (yield from looked_at(classifier, spread(copies, MOST_STRANGERS), LOOKING, stop))


def sample_copies(name: str, folder: Path) -> list[Path]:
    """Working copies of pictures of a sample, evenly over it. Raises GraftError."""
    sources = list(sample_sources(name))
    paths = []
    for number, source in enumerate(spread(sources, MOST_OF_SAMPLE)):
        path = folder / f"{number}.jpg"
        path.write_bytes(working_copy(source.read()).jpeg)
        paths.append(path)
    return paths
