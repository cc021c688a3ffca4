"""A whole run as a worker does it: train, score, predict, and score again what was left behind."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.changes import change
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.classifier.tasks import predict_task
from tlcore.errors import ClassifierInvalid, NotFound
from tlcore.images.reduction import working_copy
from tlcore.jobs.events import Event
from tlcore.results.score.calibration import fit_temperature
from tlcore.results.score.predictions import read_predictions
from tlcore.results.score.result_cache import FEATURES_NAME, read_features
from tlcore.results.score.tasks import score_task, train_and_score
from tlcore.training.fit.resuming.run_folder import has_checkpoint
from tlcore.training.recipe.recipe import Recipe
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Move
from tlcore.workspace.records import NewExample, Split

SPLITS = [Split.TRAIN] * 6 + [Split.VALIDATION] * 3 + [Split.TEST] * 3
RECIPE = Recipe(backbone=DEFAULT_BACKBONE, epochs=4, batch_size=8, head_rate=0.01)


def picture(label: str, seed: int) -> bytes:
    """Red or blue noise."""
    noise = np.random.default_rng(seed).integers(0, 120, (48, 48, 3), np.uint8)
    noise[..., 0 if label == "red" else 2] += 130
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def payload(tmp_path: Path) -> dict[str, Any]:
    """A project with red and blue pictures, and a run of it."""
    home = tmp_path / "home"
    workspace = Workspace.open(home)
    project = workspace.projects.create("Colours")
    question = workspace.labels.question(project.id).id
    for name in ("red", "blue"):
        label = workspace.labels.add(question, name)
        new = []
        for seed, split in enumerate(SPLITS):
            data = picture(name, seed)
            copy = working_copy(data)
            sha = workspace.pictures.put(data, copy.jpeg, copy.thumbnail)
            new.append(NewExample(sha, f"{name}.png", split, answers={question: label.id}))
        workspace.examples.add(project.id, new)
    run = workspace.runs.create(project.id, "x:y", RECIPE.to_json(), {})
    workspace.close()
    return {"home": str(home), "project": project.id, "run": run.id, "recipe": RECIPE.to_json()}


def collect(events: Any) -> dict[str, list[dict[str, Any]]]:
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        assert Event.from_json(event.to_json()).data == event.data
        by_kind.setdefault(event.kind, []).append(event.data)
    return by_kind


def test_a_run_is_trained_scored_and_answers(payload: dict[str, Any], tmp_path: Path) -> None:
    events = collect(train_and_score(payload, lambda: False))
    folder = next((tmp_path / "home" / "runs").iterdir())
    predictions = read_predictions(folder)
    finished = events["finished"][0]
    assert finished["test_accuracy"] == predictions.evaluation("test").accuracy  # type: ignore[union-attr]
    assert finished["test_accuracy"] >= 0.8
    assert events["score"][0]["test"]["total"] == 6 == len(predictions.of("test"))
    assert len(predictions.of("validation")) == 6

    classifier = Classifier.load(folder / CLASSIFIER_FOLDER)
    workspace = Workspace.open(tmp_path / "home")
    copies = [workspace.pictures.copy(prediction.picture) for prediction in predictions.examples]
    workspace.close()
    for prediction, copy in zip(predictions.examples, copies, strict=True):
        row = classifier.classify([classifier.prepare_copy(copy)]).probabilities[0]
        assert row == pytest.approx(prediction.probabilities, abs=3e-3)

    manifest = classifier.manifest
    assert predictions.temperature == manifest.temperature > 0
    expected = fit_temperature(predictions.logits("validation"), predictions.targets("validation"))
    assert manifest.temperature == pytest.approx(expected, rel=1e-3)
    features = read_features(folder / FEATURES_NAME, "test", 6)
    assert features is not None and features.shape[1] == manifest.head.features
    looked = classifier.network.head(torch.from_numpy(features))
    assert looked.numpy() == pytest.approx(predictions.logits("test"), abs=0.02)

    ask = {
        "classifier": str(folder / CLASSIFIER_FOLDER),
        "copies": [str(copies[0])],
        "pictures": [str(tmp_path / "not there.jpg")],
        "data": [base64.b64encode(picture("red", 99)).decode(), "%%%"],
    }
    answer = collect(predict_task(ask, lambda: False))["result"][0]
    assert [set(shares) for shares in answer["predictions"]] == [
        {"refused", "remedy"}, {"probabilities"}, {"probabilities"}, {"refused", "remedy"},
    ]  # fmt: skip
    red = answer["labels"].index("red")
    assert answer["predictions"][2]["probabilities"][red] > 0.5


def test_a_stopped_run_can_be_scored_afterwards(payload: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ClassifierInvalid):
        collect(score_task(payload, lambda: False))
    calls = iter(range(1000))
    events = collect(train_and_score(payload, lambda: next(calls) > 5))
    assert events["finished"][0]["stopped"] and "score" not in events
    result = collect(score_task(payload, lambda: False))["result"][0]
    assert result["test"]["total"] == 6
    folder = next((tmp_path / "home" / "runs").iterdir())
    assert read_predictions(folder).of("test")
    assert read_features(folder / FEATURES_NAME, "validation", 6) is not None
    again = collect(train_and_score({**payload, "resumed": True}, lambda: True))
    assert again["finished"][0]["stopped"]
    with pytest.raises(NotFound):  # the score was that of an earlier network
        read_predictions(folder)


def test_scoring_a_classifier_from_elsewhere_leaves_its_answers_alone(
    payload: dict[str, Any], tmp_path: Path
) -> None:
    calls = iter(range(1000))
    collect(train_and_score(payload, lambda: next(calls) > 5))
    folder = next((tmp_path / "home" / "runs").iterdir())
    change_manifest(folder / CLASSIFIER_FOLDER, temperature=2.5)
    collect(score_task({**payload, "fixed": True, "recipe": {}}, lambda: False))
    assert read_predictions(folder).temperature == 2.5
    assert Classifier.load(folder / CLASSIFIER_FOLDER).manifest.temperature == 2.5


def test_a_run_that_broke_off_keeps_the_splits_of_its_own_time(payload: dict[str, Any]) -> None:
    """What it has learned from is not scored, even if it is moved to test meanwhile."""
    calls = iter(range(10**6))
    first = collect(train_and_score(payload, lambda: next(calls) > 7))
    assert first["finished"][0]["stopped"]
    workspace = Workspace.open(Path(payload["home"]))
    folder = workspace.runs.folder(payload["run"])
    examples = workspace.examples.list(payload["project"])
    trained = {example.picture for example in examples if example.split is Split.TRAIN}
    change(
        workspace,
        Move([example.id for example in examples if example.picture in trained], Split.TEST),
    )
    change(
        workspace,
        Move([example.id for example in examples if example.split is Split.TEST], Split.TRAIN),
    )
    workspace.close()
    collect(score_task(payload, lambda: False))
    scored = {prediction.picture for prediction in read_predictions(folder).examples}
    assert scored and not scored & trained
    assert has_checkpoint(folder)
    rest = collect(train_and_score({**payload, "resumed": True}, lambda: False))
    assert rest["resumed"] and rest["finished"][0]["examples"] == first["finished"][0]["examples"]
    assert rest["finished"][0]["epochs"] == RECIPE.epochs
    assert not {prediction.picture for prediction in read_predictions(folder).examples} & trained
    assert not has_checkpoint(folder)


def test_a_run_starts_from_what_another_has_learned(payload: dict[str, Any]) -> None:
    collect(train_and_score(payload, lambda: False))
    workspace = Workspace.open(Path(payload["home"]))
    more = workspace.runs.create(payload["project"], "x:y", RECIPE.to_json(), {})
    folder = workspace.runs.folder(more.id)
    workspace.close()
    collect(train_and_score({**payload, "run": more.id, "start": payload["run"]}, lambda: False))
    start = read_manifest(folder / CLASSIFIER_FOLDER).start
    assert (start["run"], start["number"]) == (payload["run"], 1)
    assert start["labels"] == ["red", "blue"]
