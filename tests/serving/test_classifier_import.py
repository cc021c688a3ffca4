"""Classifiers from elsewhere: taken in whole, or refused with nothing left behind."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.serving.conftest import LABELS, blobs
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.errors import ClassifierInvalid, NotFound
from tlcore.images.reduction import encode
from tlcore.results.score.tasks import train_and_score
from tlcore.serving.classifier_import import import_classifier
from tlcore.serving.formats.classifier_folder import classifier_zip
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace import Workspace
from tlcore.workspace.records import NewExample, RunState, Split

VIT = {"name": "x", "architecture": "vit_tiny_patch16_224"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "other home")


def take_in(workspace: Workspace, source: Any) -> Any:
    project = workspace.projects.create("From elsewhere")
    return import_classifier(workspace, project.id, source, Classifier.load)


@pytest.mark.parametrize("packed", [True, False])
def test_it_answers_as_where_it_came_from(
    classifier_folder: Path, workspace: Workspace, packed: bool
) -> None:
    source: Any = classifier_folder
    if packed:
        source = io.BytesIO(classifier_zip(classifier_folder))
    run = take_in(workspace, source)
    assert run.state is RunState.FINISHED and run.function == "import" and run.number == 1
    assert workspace.runs.list(run.project_id) == [run] and not workspace.runs.queue()
    here = Classifier.load(workspace.runs.folder(run.id) / "classifier")
    there = Classifier.load(classifier_folder)
    copy = encode(blobs(1))
    assert here.labels == LABELS and here.predict([copy]) == there.predict([copy])


def test_a_training_starts_from_what_came_from_elsewhere(workspace: Workspace) -> None:
    project = workspace.projects.create("Blobs")
    question = workspace.labels.question(project.id).id
    for name in LABELS:
        label = workspace.labels.add(question, name).id
        for number in range(4):
            copy = encode(blobs(100 * label + number))
            sha = workspace.pictures.put(copy, copy, copy)
            split = Split.VALIDATION if number == 3 else Split.TRAIN
            new = NewExample(sha, f"{number}.jpg", split, answers={question: label})
            workspace.examples.add(project.id, [new])
    recipe = Recipe(backbone=DEFAULT_BACKBONE, epochs=1).to_json()

    def train(**start: str) -> Path:
        run = workspace.runs.create(project.id, "x:y", recipe, {}).id
        payload = {"home": str(workspace.home), "project": project.id, "run": run, **start}
        list(train_and_score({**payload, "recipe": recipe}, lambda: False))
        return workspace.runs.folder(run) / CLASSIFIER_FOLDER

    packed = io.BytesIO(classifier_zip(train()))
    brought = import_classifier(workspace, project.id, packed, Classifier.load)
    start = read_manifest(train(start=brought.id)).start
    assert start is not None and start["run"] == brought.id and start["labels"] == list(LABELS)


def changed(folder: Path, **manifest: Any) -> io.BytesIO:
    """The classifier's zip with another manifest in it."""
    data = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    data.update(manifest)
    return packed(folder, {"manifest.json": json.dumps(data).encode()})


def packed(folder: Path, other: dict[str, bytes], *, drop: str = "") -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for file in folder.iterdir():
            if not drop or not file.name.startswith(drop):
                archive.writestr(f"c/{file.name}", other.get(file.name, file.read_bytes()))
    return out


def test_whatever_is_hostile_or_broken_is_refused(
    classifier_folder: Path, workspace: Workspace
) -> None:
    weights = json.loads((classifier_folder / "manifest.json").read_text())["weights"]
    head = {"features": 96, "hidden": [6], "kind": "linear"}
    [learned] = [file for file in weights if file["name"].startswith("learned")]
    others = [file for file in weights if file is not learned]
    wrong = [
        io.BytesIO(b"no zip"),
        packed(classifier_folder, {}, drop="manifest"),
        packed(classifier_folder, {}, drop="frozen"),
        packed(classifier_folder, {learned["name"]: b"x" * learned["bytes"]}),
        packed(classifier_folder, {"manifest.json": b"[" * 100_000}),
        packed(classifier_folder, {"manifest.json": b" " * 5_000_000}),
        changed(classifier_folder, schema_version=99),
        changed(classifier_folder, weights=[*others, {**learned, "name": "../../x.safetensors"}]),
        changed(classifier_folder, weights=[*others, {**learned, "name": "/etc/passwd"}]),
        changed(classifier_folder, weights=[*others, {**learned, "sha256": "0" * 64}]),
        changed(classifier_folder, weights=[*others, {**learned, "bytes": 10**15}]),
        changed(classifier_folder, weights=[*others, {**learned, "bytes": learned["bytes"] - 1}]),
        changed(classifier_folder, head={**head, "features": 10**9}),
        changed(classifier_folder, head={**head, "hidden": [8000, 8000]}),
        changed(classifier_folder, labels=["a"] * 3),
        changed(classifier_folder, backbone={"name": "x", "architecture": "hf_hub:evil/model"}),
        changed(classifier_folder, backbone={**VIT, "model_args": {"img_size": 30_000}}),
        changed(classifier_folder, backbone={**VIT, "model_args": {"img_size": [30_000, 64]}}),
        changed(classifier_folder, preprocessing={"input_size": [3, 10**6, 10**6]}),
    ]  # fmt: skip
    for number, source in enumerate(wrong):
        with pytest.raises(ClassifierInvalid) as refused:
            take_in(workspace, source)
        assert refused.value.remedy, number
        if b"img_size" in source.getvalue():
            assert "far too large" in refused.value.message, "before anything is built"
    assert not list(workspace.layout.runs.iterdir()), "something was left behind"
    assert not workspace.runs.queue() and not workspace.runs.running()


def test_links_and_unknown_projects_are_refused(
    classifier_folder: Path, workspace: Workspace, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    for file in classifier_folder.iterdir():
        try:
            (linked / file.name).symlink_to(file)
        except OSError:
            pytest.skip("this system makes no links for ordinary users")
    with pytest.raises(ClassifierInvalid, match="link"):
        take_in(workspace, linked)
    with pytest.raises(NotFound):
        import_classifier(workspace, "nowhere", classifier_folder, Classifier.load)
