"""Scores a classifier on any folder of labelled pictures. For the command line: it needs torch."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tlcore.classifier.classifier import Classifier
from tlcore.errors import GraftError, NameRefused
from tlcore.images.intake.folders import opened
from tlcore.images.intake.ingest import Progress, ingest
from tlcore.images.intake.layout.understanding import OnUnderstood, Understanding, understanding_of
from tlcore.images.intake.report import IngestReport
from tlcore.images.intake.sources import Sources
from tlcore.jobs.events import Event
from tlcore.results.score.baselines import TrainingFeatures, baselines, left_out_nearest
from tlcore.results.score.calibration import calibration_data, probabilities
from tlcore.results.score.inference import NetworkOutputs, copy_outputs
from tlcore.results.score.intervals import too_small, wilson
from tlcore.results.score.metrics import label_figures
from tlcore.results.score.predictions import Predictions, scored
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Project, Split

LOOKING = "Looking at the pictures"


@dataclass(frozen=True)
class FolderPictures:
    """The pictures of a folder: those to score, those to learn baselines from, and words.

    `targets` are numbers of the classifier's labels, in the order of `judged` and `known`.
    """

    judged: tuple[Example, ...]
    judged_targets: tuple[int, ...]
    known: tuple[Example, ...]
    known_targets: tuple[int, ...]
    report: IngestReport
    notes: tuple[str, ...]
    understanding: Understanding


def read_pictures(
    folder: Path,
    labels: Sequence[str],
    workspace: Workspace,
    on_progress: Progress | None = None,
    *,
    level: int | None = None,
    on_understood: OnUnderstood | None = None,
) -> FolderPictures:
    """Take a folder, a zip or a table in; where it names splits, only its test pictures are scored.

    Without a test split the validation pictures are, and without any splits all of them. Labels
    that the classifier does not know are left out and named in a note. `level` is that of the
    folders which are the label, from 1; None to find out. `on_understood` is called before any
    picture is opened.
    Raises GraftError: no such folder, or no picture in it has a label that the classifier knows.
    """
    with opened(folder, workspace, level) as given:
        understanding = understanding_of(given, given.arrangement)
        if on_understood is not None:
            on_understood(understanding)
        project, question = _project_with(workspace, labels)
        report = ingest(workspace, project.id, given, on_progress=on_progress)
    names = {label.id: label.name for label in workspace.labels.list(question)}
    place = {name: number for number, name in enumerate(labels)}
    answered = [
        (example, place[name])
        for example in workspace.examples.list(project.id)
        if (name := names.get(example.answers.get(question) or -1)) in place
    ]
    unknown = sorted(set(names.values()) - set(place))
    if not answered:
        raise _nothing_known(folder, labels, unknown)
    return _to_score(answered, given, unknown, report, understanding)


def _to_score(
    answered: list[tuple[Example, int]],
    given: Sources,
    unknown: Sequence[str],
    report: IngestReport,
    understanding: Understanding,
) -> FolderPictures:
    """Which of the pictures with a known label are scored, and which are learned from."""
    splits = {source.split for source in given if source.split is not None}
    judged = _judged(answered, splits)
    train = [pair for pair in answered if pair[0].split is Split.TRAIN]
    known = [] if judged is answered else train
    split = None if judged is answered else judged[0][0].split
    notes = (*given.notes, *_notes(unknown, splits, split))
    return FolderPictures(
        tuple(example for example, _ in judged), tuple(to for _, to in judged),
        tuple(example for example, _ in known), tuple(to for _, to in known), report, notes,
        understanding,
    )  # fmt: skip


def _project_with(workspace: Workspace, labels: Sequence[str]) -> tuple[Project, int]:
    """A project and its question, with the classifier's labels.

    What differs from them in writing alone is then taken as one of them.
    """
    project = workspace.projects.create("Pictures")
    question = workspace.labels.question(project.id).id
    for name in labels:
        with contextlib.suppress(NameRefused):
            workspace.labels.add(question, name)
    return project, question


def score_folder(
    classifier: Classifier, pictures: FolderPictures, workspace: Workspace
) -> Generator[Event, None, tuple[Predictions, dict[str, Any]]]:
    """Look and score; its value are the answers and everything derived from them, as plain data."""
    copies = [
        workspace.pictures.copy(example.picture) for example in (*pictures.judged, *pictures.known)
    ]
    looked = yield from copy_outputs(classifier, copies, LOOKING)
    count = len(pictures.judged)
    judged = NetworkOutputs(looked.features[:count], looked.logits[:count])
    temperature = classifier.manifest.temperature
    ids = [
        (example.id, example.picture, "test", target)
        for example, target in zip(pictures.judged, pictures.judged_targets, strict=True)
    ]
    predictions = Predictions(
        classifier.labels, classifier.manifest.frequent,
        tuple(scored(ids, judged.logits.tolist(), temperature)), temperature,
    )  # fmt: skip
    training = TrainingFeatures(
        looked.features[count:], np.array(pictures.known_targets, dtype=np.int64)
    )
    return predictions, folder_data(predictions, judged, training)


def folder_data(
    predictions: Predictions, judged: NetworkOutputs, training: TrainingFeatures
) -> dict[str, Any]:
    """What `evaluate --json` says: score, interval, baselines, labels, confusion, confidence."""
    targets = predictions.targets("test")
    evaluation = predictions.evaluation("test")
    if evaluation is None:
        raise ValueError("nothing was scored")
    interval = wilson(evaluation.right, evaluation.total)
    shares = probabilities(judged.logits, predictions.temperature)
    calibration = calibration_data(judged.logits, targets, predictions.temperature)
    scores = {
        baseline["name"]: {key: baseline[key] for key in ("words", "right", "total", "accuracy")}
        for baseline in _folder_baselines(predictions, judged, training)
    }
    return {
        "accuracy": evaluation.accuracy,
        "right": evaluation.right,
        "total": evaluation.total,
        "interval": [interval.low, interval.high],
        "too_small": too_small(evaluation.right, evaluation.total),
        "baselines": scores,
        "labels": {
            figures.pop("label"): figures
            for figures in label_figures(predictions.labels, shares, targets)
        },
        "confusion": [list(row) for row in evaluation.confusion],
        "ece": calibration["ece"],
        "ece_before": calibration["ece_before"],
        "temperature": predictions.temperature,
        "coverage": calibration["coverage"],
        "calibration": calibration,
    }


def _folder_baselines(
    predictions: Predictions, judged: NetworkOutputs, training: TrainingFeatures
) -> list[dict[str, Any]]:
    """Learned from the folder's training pictures; without any, from the scored ones in turn."""
    targets = predictions.targets("test")
    scores = baselines(training, judged.features, targets, predictions.frequent)
    if len(scores) == 1:
        alone = left_out_nearest(judged.features, targets)
        scores += [] if alone is None else [alone]
    return scores


def _judged(answered: list[tuple[Example, int]], splits: set[Split]) -> list[tuple[Example, int]]:
    for split in (Split.TEST, Split.VALIDATION):
        if split in splits and (pairs := [pair for pair in answered if pair[0].split is split]):
            return pairs
    return answered


def _notes(unknown: Sequence[str], splits: set[Split], judged: Split | None) -> tuple[str, ...]:
    """What was left out, and which pictures are scored; `judged` is None where all are."""
    notes = []
    if unknown:
        names = ", ".join(f"“{name}”" for name in unknown[:10])
        notes.append(f"Left out, because the classifier does not know these labels: {names}.")
    if judged is Split.TEST:
        notes.append("The folder names its splits: only its test pictures are scored.")
    elif judged is Split.VALIDATION:
        notes.append("The folder has no test pictures: its validation pictures are scored.")
    elif splits:
        notes.append("The folder has neither test nor validation pictures: all are scored.")
    return tuple(notes)


def _nothing_known(folder: Path, labels: Sequence[str], unknown: Sequence[str]) -> GraftError:
    knows = ", ".join(f"“{label}”" for label in labels[:10])
    has = ", ".join(f"“{name}”" for name in unknown[:10]) or "no labelled pictures"
    return GraftError(
        f"No picture in “{folder}” has a label that the classifier knows: it has {has}.",
        f"Name the subfolders after the classifier's labels: {knows}.",
    )
