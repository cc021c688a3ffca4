"""A project with a few drawn pictures and a run that left a real, tiny classifier."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import timm
import torch
from PIL import Image, ImageDraw

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.classifier.network import Head, Network
from tlcore.classifier.writer import ClassifierWriter, versions
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import Source
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.predictions import PREDICTIONS_NAME, Predictions, write_predictions
from tlcore.training.recipe.presets import preset
from tlcore.workspace import Workspace
from tlcore.workspace.records import Example, Project, Run, RunState, Split

ARCHITECTURE = "test_resnet"
SIDE = 64


@dataclass(frozen=True)
class Trained:
    """The project, its run and its examples in order."""

    project: Project
    run: Run
    examples: list[Example]


def drawn(colour: str, number: int) -> bytes:
    """A PNG of a disc; every `number` is another picture."""
    picture = Image.new("RGB", (48, 40), (number * 9 % 256, 40, 200 - number * 5))
    place = (number % 7 * 3, number % 5 * 4)
    ImageDraw.Draw(picture).ellipse((*place, place[0] + 20, place[1] + 18), fill=colour)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def trained_project(
    workspace: Workspace,
    *,
    labels: tuple[str, str] = ("red *discs*", "=lime discs"),
    test: bool = True,
    state: RunState = RunState.FINISHED,
    scored: bool = True,
) -> Trained:
    """Six pictures, two of them in each split (validation twice without `test`), and one run.

    With `scored` its predictions are invented: the last picture of each split is wrong.
    """
    project = workspace.projects.create("Discs")
    splits = [Split.TRAIN, Split.VALIDATION, Split.TEST if test else Split.VALIDATION]
    sources = [
        Source(f"{colour} {number}.png", lambda c=colour, n=number: drawn(c, n), label, split)
        for label, colour in zip(labels, ("red", "lime"), strict=True)
        for number, split in enumerate(splits)
    ]
    ingest(workspace, project.id, sources)
    examples = workspace.examples.list(project.id)
    return Trained(project, add_run(workspace, project, labels, state, scored), examples)


def add_run(
    workspace: Workspace,
    project: Project,
    labels: tuple[str, ...],
    state: RunState = RunState.FINISHED,
    scored: bool = True,
) -> Run:
    """A run that is over, with a classifier of random weights in its folder."""
    recipe = preset("quick", ARCHITECTURE, 6).to_json()
    run = workspace.runs.create(project.id, "none:none", recipe, {})
    workspace.runs.start(run.id)
    folder = workspace.runs.folder(run.id)
    write_classifier(folder / CLASSIFIER_FOLDER, labels)
    if scored:
        write_predictions(folder / PREDICTIONS_NAME, made_up(workspace, project, labels))
    return workspace.runs.finish(run.id, state, summary={"val_accuracy": 0.5})


def write_classifier(folder: Path, labels: tuple[str, ...]) -> None:
    """A whole network with random weights, written as a run writes it."""
    torch.manual_seed(0)
    backbone = timm.create_model(ARCHITECTURE, pretrained=False, num_classes=0)
    head = Head(backbone.num_features, len(labels))
    torch.nn.init.normal_(head.linear.weight)
    network = Network(backbone, head)
    learning = {name for name in network.state_dict() if name.startswith("head.")}
    manifest = {
        "labels": labels,
        "backbone": {"name": ARCHITECTURE, "architecture": ARCHITECTURE, "licence": "none"},
        "head": {"features": backbone.num_features},
        "preprocessing": Preprocessing.of(backbone).with_size(SIDE).model_dump(mode="json"),
        "metrics": {"epoch": 3, "validation_accuracy": 0.5},
        "versions": versions(),
    }
    ClassifierWriter(folder, network, learning).write(manifest)


def made_up(workspace: Workspace, project: Project, labels: tuple[str, ...]) -> Predictions:
    """Predictions for validation and test: right but for the last picture of each split."""
    question = workspace.labels.question(project.id)
    names = {label.id: label.name for label in workspace.labels.list(question.id)}
    scored: list[Prediction] = []
    for split in (Split.VALIDATION, Split.TEST):
        examples = workspace.examples.list(project.id, split=split)
        for example in examples:
            target = labels.index(names[example.answers[question.id]])
            wrong = example is examples[-1]
            sure = (0.1, 0.9) if (target == 1) != wrong else (0.9, 0.1)
            scored.append(Prediction(example.id, example.picture, split.value, target, sure))
    return Predictions(labels, 0, tuple(scored))
