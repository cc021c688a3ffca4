"""Derives everything that a score's details need from one look at the training pictures.

A task for the workers; what it finds is kept in the run's folder.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tlcore.backbones.engines.device import device
from tlcore.backbones.features.extract import Picture
from tlcore.backbones.weights import load_backbone
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, Manifest
from tlcore.errors import UnknownModel, WeightsUnavailable
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, Stopped
from tlcore.quality.features import stored_features
from tlcore.results.score.analysis import Features, Rows, TrainingPictures, score_details
from tlcore.results.score.inference import copy_outputs
from tlcore.results.score.predictions import Predictions, read_predictions
from tlcore.results.score.result_cache import (
    DETAILS_NAME,
    FEATURES_NAME,
    KNOWN_NAME,
    details_key,
    read_features,
    read_result,
    write_features,
    write_result,
)
from tlcore.training.data.training_set import TrainingExample, TrainingSet
from tlcore.training.fit.resuming.stored_run import read_pictures
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures
from tlcore.workspace.records import Split

LOOKING = "Looking at the pictures it learned from"
LOOKING_BEFORE = "Looking with the network as it was before training"


def analysis_task(payload: dict[str, Any], stop: Stop) -> Iterator[Event]:
    """Details of a scored run: {"home", "project", "run"} → the details as `result`.

    They are kept as details.json in the run's folder, with the features that they stand on in
    known.npz. Raises NotFound for a run without scores, ClassifierInvalid.
    """
    examples, folder = read_pictures(payload)
    key = details_key(folder)
    data = read_result(folder, DETAILS_NAME, key)
    if data is None:
        try:
            data = yield from _derive(folder, examples, Path(payload["home"]), stop)
        except Stopped:
            return
        write_result(folder, DETAILS_NAME, key, data)
    yield Event("result", data)


def _derive(
    folder: Path, examples: TrainingSet, home: Path, stop: Stop
) -> Generator[Event, None, dict[str, Any]]:
    predictions = read_predictions(folder)
    classifier = Classifier.load(folder / CLASSIFIER_FOLDER)
    chosen = known_examples(examples, classifier.labels)
    training = training_pictures(chosen, examples, classifier.labels)
    pictures = Pictures(Layout(home).pictures)
    after = yield from _after(classifier, predictions, chosen, pictures, folder, stop)
    if backbone_unchanged(classifier.manifest):
        before: Features | None = after
    else:
        before = yield from _before(classifier.manifest, predictions, chosen, pictures, home, stop)
    _keep(folder / KNOWN_NAME, after, before, predictions.judged)
    data = score_details(predictions, training, after, before)
    data["known"] = {
        "examples": training.examples,
        "pictures": training.pictures,
        "targets": training.targets,
    }
    data["unchanged"] = before is after
    data["has_before"] = before is not None
    return data


def known_examples(examples: TrainingSet, labels: Sequence[str]) -> list[TrainingExample]:
    """The training pictures of labels that a classifier knows."""
    return [
        example
        for example in examples.of(Split.TRAIN)
        if examples.labels[example.label_index] in labels
    ]


def training_pictures(
    chosen: Sequence[TrainingExample], examples: TrainingSet, labels: Sequence[str]
) -> TrainingPictures:
    """The same as plain columns, with the classifier's own numbers for the labels."""
    place = {name: number for number, name in enumerate(labels)}
    return TrainingPictures(
        tuple(example.example for example in chosen),
        tuple(example.picture for example in chosen),
        tuple(place[examples.labels[example.label_index]] for example in chosen),
    )


def backbone_unchanged(manifest: Manifest) -> bool:
    """Whether only the head learned, so that features are those of the pretrained network."""
    learning = manifest.recipe.get("learning", "head")
    only_head = learning == "head" or (isinstance(learning, list) and not any(learning))
    return only_head and manifest.backbone.pretrained


def _after(
    classifier: Classifier,
    predictions: Predictions,
    chosen: Sequence[TrainingExample],
    pictures: Pictures,
    folder: Path,
    stop: Stop,
) -> Generator[Event, None, Features]:
    """Features of the classifier's own network; those of scored pictures were kept."""
    train = yield from copy_outputs(classifier, [example.path for example in chosen], LOOKING, stop)
    scored: dict[str, Rows] = {}
    for split in ("validation", "test"):
        of_split = predictions.of(split)
        kept = read_features(folder / FEATURES_NAME, split, len(of_split))
        if kept is None and of_split:
            paths = [pictures.copy(prediction.picture) for prediction in of_split]
            looked = yield from copy_outputs(classifier, paths, "Looking at the pictures", stop)
            kept = looked.features
        if kept is not None:
            scored[split] = kept
    return Features(train.features, scored)


def _before(
    manifest: Manifest,
    predictions: Predictions,
    chosen: Sequence[TrainingExample],
    pictures: Pictures,
    home: Path,
    stop: Stop,
) -> Generator[Event, None, Features | None]:
    """Features of the pretrained network at the same pictures, from the store where they are."""
    split = predictions.judged
    wanted = [Picture(example.picture, example.path) for example in chosen]
    wanted += [
        Picture(prediction.picture, pictures.copy(prediction.picture))
        for prediction in predictions.of(split)
    ]
    try:
        rows = yield from pretrained_features(manifest.backbone.name, wanted, home, stop)
    except (UnknownModel, WeightsUnavailable) as error:
        yield Event("note", {"words": error.message})
        return None
    return Features(rows[: len(chosen)], {split: rows[len(chosen) :]})


def pretrained_features(
    name: str, wanted: Sequence[Picture], home: Path, stop: Stop
) -> Generator[Event, None, Rows]:
    """Pooled features (N, F) of a backbone as it comes, in float32, kept like those of trainings.

    Raises UnknownModel, WeightsUnavailable, PictureRefused, WorkspaceError, Stopped.
    """
    backbone = load_backbone(name)
    backbone.module.to(device()).to(memory_format=torch.channels_last)
    return (yield from stored_features(home, wanted, backbone, "float32", LOOKING_BEFORE, stop))


def _keep(path: Path, after: Features, before: Features | None, split: str) -> None:
    kept = {"train": after.train, "judged": after.scored[split]}
    if before is not None and before is not after:
        kept |= {"before_train": before.train, "before_judged": before.scored[split]}
    write_features(path, {name: rows.astype(np.float32) for name, rows in kept.items()})
