"""First guesses, at once: about new pictures, and about those of a project that have no label."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.errors import PictureRefused, TrainingFailed
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.quality.features import copy_features, example_features, picture_features
from tlcore.quality.instant.prototypes import Prototypes, nearest
from tlcore.quality.linear import Features, Targets
from tlcore.quality.pictures import ProjectPictures
from tlcore.workspace.records import Example, Label

WORDS = (
    "Only a first guess: nothing was trained. Graft compared the picture with the average of each "
    "label's pictures."
)


@dataclass(frozen=True)
class InstantClassifier:
    """Prototypes of a project's labels, and the pictures that they were made of."""

    prototypes: Prototypes
    labels: tuple[Label, ...]
    examples: tuple[Example, ...]
    features: Features
    targets: Targets

    def label_counts(self) -> list[dict[str, Any]]:
        """The labels, with how many pictures each prototype is made of."""
        counts = np.bincount(self.targets, minlength=len(self.labels)).tolist()
        return [
            {"id": label.id, "name": label.name, "pictures": count}
            for label, count in zip(self.labels, counts, strict=True)
        ]

    def predict(self, features: Features) -> dict[str, Any]:
        """The prediction for one picture (1, F), and the example that is most like it."""
        place = nearest(features, self.features, self.prototypes)[0]
        probabilities = self.prototypes.probabilities(features)[0]
        return {"probabilities": probabilities.tolist(), "nearest": self.examples[int(place)].id}


def instant_classifier(
    pictures: ProjectPictures, backbone: str, stop: Stop
) -> Generator[Event, None, InstantClassifier]:
    """From all labelled pictures but those under test, which are kept for the score, or set aside.

    A label with no others is made of those after all. Yields `progress`.
    Raises TrainingFailed while fewer than two labels have a picture, WeightsUnavailable, Stopped.
    """
    used = {example.id for example in pictures.seen}
    seen = {pictures.label_of(example) for example in pictures.seen}
    examples = [
        example
        for example in pictures.labelled
        if example.id in used or pictures.label_of(example) not in seen
    ]
    answered = {pictures.label_of(example) for example in examples}
    labels = tuple(label for label in pictures.labels if label.id in answered)
    if len(labels) < 2:
        raise TrainingFailed(
            "To tell things apart takes a picture of at least two labels.",
            "Add a picture to another label: a first guess is possible at once.",
        )
    place = {label.id: position for position, label in enumerate(labels)}
    features = yield from example_features(pictures.home, examples, backbone, stop)
    targets = np.array([place[pictures.label_of(example) or 0] for example in examples], np.int64)
    prototypes = Prototypes.of(features, targets, len(labels), background=features)
    return InstantClassifier(prototypes, labels, tuple(examples), features, targets)


def guesses(
    classifier: InstantClassifier, payload: dict[str, Any], home: Path, backbone: str, stop: Stop
) -> Iterator[dict[str, Any]]:
    """A prediction for each of {"pictures", "copies", "data"} of a payload, in this order."""
    for kind in ("pictures", "copies", "data"):
        for item in payload.get(kind, ()):
            if stop():
                return
            try:
                features = _features(kind, item, home, backbone)
            except PictureRefused as refusal:
                yield {"refused": refusal.message, "remedy": refusal.remedy}
            except OSError as error:
                words = f"The picture cannot be opened ({error.strerror or error})."
                yield {"refused": words, "remedy": "Add it again."}
            else:
                yield classifier.predict(features)


def _features(kind: str, item: str, home: Path, backbone: str) -> Features:
    if kind == "copies":
        return copy_features(home, Path(item).read_bytes(), backbone)
    if kind == "pictures":
        return picture_features(home, Path(item).read_bytes(), backbone)
    try:
        data = base64.b64decode(item, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureRefused(
            "This is not a picture that can be read.", "Send it as base64.", "not_an_image"
        ) from error
    return picture_features(home, data, backbone)


def proposals(
    classifier: InstantClassifier, examples: Sequence[Example], features: Features
) -> list[dict[str, Any]]:
    """A label for each example with features (N, F), the surest first."""
    if not examples:
        return []
    probabilities = classifier.prototypes.probabilities(features)
    proposed = [
        {
            "example": example.id,
            "label": classifier.labels[int(row.argmax())].id,
            "probability": round(float(row.max()), 4),
        }
        for example, row in zip(examples, probabilities, strict=True)
    ]
    return sorted(
        proposed, key=lambda proposal: (-float(proposal["probability"]), int(proposal["example"]))
    )
