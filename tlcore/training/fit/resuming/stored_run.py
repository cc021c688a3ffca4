"""A run of the workspace as a training needs it: recipe, pictures, folder and start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.training.data.training_set import TrainingSet, from_workspace, unseen
from tlcore.training.fit.resuming.run_folder import (
    CHECKPOINT_NAME,
    EXAMPLES_NAME,
    read_examples,
    write_examples,
)
from tlcore.training.inputs.start import TrainingStart
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace import Workspace
from tlcore.workspace.records import Split


def begin_run(payload: dict[str, Any]) -> tuple[Recipe, TrainingSet, Path, TrainingStart]:
    """What `read_run` gives, written down if the run is new, and where it starts.

    Raises RecipeRefused, TrainingFailed, NotFound.
    """
    recipe, examples, folder = read_run(payload)
    if not (folder / EXAMPLES_NAME).is_file():
        examples = unseen(examples, _learned_before(payload))
        write_examples(folder, examples)
    return recipe, examples, folder, _start(payload, folder)


def read_run(payload: dict[str, Any]) -> tuple[Recipe, TrainingSet, Path]:
    """The recipe, the pictures and the folder of a run; the pictures as they were when it began."""
    examples, folder = read_pictures(payload)
    return Recipe.read(payload["recipe"]), examples, folder


def read_pictures(payload: dict[str, Any]) -> tuple[TrainingSet, Path]:
    """The pictures as they were when a run began, and its folder: {"home", "project", "run"}."""
    workspace = Workspace.open(Path(payload["home"]))
    try:
        folder = workspace.runs.folder(payload["run"])
        examples = read_examples(folder, workspace.pictures.copy) or from_workspace(
            workspace, payload["project"], payload.get("question")
        )
    finally:
        workspace.close()
    return examples, folder


def _learned_before(payload: dict[str, Any]) -> set[str]:
    """The pictures that the run to start from has learned from, and those before it."""
    learned: set[str] = set()
    followed: list[str] = []
    workspace = Workspace.open(Path(payload["home"]))
    try:
        run_id = payload.get("start")
        while run_id and run_id not in followed:
            followed.append(run_id)
            earlier = read_examples(workspace.runs.folder(run_id), workspace.pictures.copy)
            learned |= (
                {example.picture for example in earlier.of(Split.TRAIN)} if earlier else set()
            )
            run_id = workspace.runs.get(run_id).payload.get("start")
    finally:
        workspace.close()
    return learned


def _start(payload: dict[str, Any], folder: Path) -> TrainingStart:
    checkpoint, resumed = folder / CHECKPOINT_NAME, bool(payload.get("resumed"))
    if not payload.get("start"):
        return TrainingStart(checkpoint=checkpoint, resumed=resumed)
    workspace = Workspace.open(Path(payload["home"]))
    try:
        run = workspace.runs.get(payload["start"])
        classifier = workspace.runs.folder(run.id) / CLASSIFIER_FOLDER
    finally:
        workspace.close()
    return TrainingStart(classifier, {"run": run.id, "number": run.number}, checkpoint, resumed)
