"""Classifier folders: saved, loaded, and not trusted."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import has_classifier, read_manifest
from tlcore.classifier.manifest_writer import change_manifest
from tlcore.classifier.network import Head, Network
from tlcore.classifier.writer import ClassifierWriter, versions
from tlcore.errors import ClassifierInvalid, PictureRefused
from tlcore.images.reduction import working_copy
from tlcore.training.recipe.recipe import Recipe

LABELS = ("ant", "bee", "cat")
VERSION_1 = Path(__file__).with_name("manifest_version_1.json")


def network(seed: int = 0) -> Network:
    torch.manual_seed(seed)
    backbone = timm.create_model("test_resnet", num_classes=0)
    head = Head(backbone.num_features, len(LABELS), hidden=(4,), dropout=0.5)
    torch.nn.init.normal_(head.linear.weight)
    return Network(backbone, head)


def manifest(trained: Network) -> dict[str, Any]:
    preprocessing = Preprocessing(input_size=(3, 32, 32), crop_pct=1.0)
    return {
        "labels": LABELS,
        "backbone": {"name": "test_resnet.r160_in1k", "architecture": "test_resnet"},
        "head": {"features": trained.head.shift.numel(), "hidden": [4], "dropout": 0.5},
        "preprocessing": preprocessing.model_dump(mode="json"),
        "metrics": {"validation_accuracy": 0.9},
        "versions": versions(),
    }


def write(folder: Path, trained: Network) -> ClassifierWriter:
    learning = [name for name in trained.state_dict() if name.startswith("head.")]
    writer = ClassifierWriter(folder, trained, learning)
    writer.write(manifest(trained))
    return writer


def jpeg(seed: int = 0, size: tuple[int, int] = (50, 40)) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def test_loaded_predictions_are_those_of_the_saved_network(tmp_path: Path) -> None:
    trained = network()
    write(tmp_path, trained)
    classifier = Classifier.load(tmp_path)
    prediction = classifier.predict([jpeg(0), jpeg(1)])
    batch = torch.stack([classifier.prepare(jpeg(n)) for n in (0, 1)])
    expected = trained.eval()(classifier.preprocessing.normalise(batch)).softmax(1)
    assert torch.allclose(torch.tensor(prediction.probabilities), expected.detach(), atol=1e-6)
    assert all(abs(sum(row) - 1) < 1e-9 for row in prediction.probabilities)
    assert prediction.top(0)[0] in LABELS


def test_the_temperature_of_the_manifest_is_applied_and_both_settings_are_kept(
    tmp_path: Path,
) -> None:
    write(tmp_path, network())
    before = Classifier.load(tmp_path)
    picture = before.prepare(jpeg(3))
    cold = np.log(before.classify([picture]).probabilities[0])
    change_manifest(tmp_path, temperature=2.5)
    kept = change_manifest(tmp_path, threshold=0.7)
    assert (kept.temperature, kept.threshold) == (2.5, 0.7) and kept == read_manifest(tmp_path)
    warm = Classifier.load(tmp_path).classify([picture]).probabilities[0]
    expected = np.exp(cold / 2.5) / np.exp(cold / 2.5).sum()
    assert warm == pytest.approx(expected, abs=1e-9)
    with pytest.raises(ClassifierInvalid):
        change_manifest(tmp_path, temperature=0.0)
    with pytest.raises(ClassifierInvalid):
        change_manifest(tmp_path / "nothing", threshold=0.5)


def test_a_working_copy_is_not_reduced_again(tmp_path: Path) -> None:
    write(tmp_path, network())
    classifier = Classifier.load(tmp_path)
    data = jpeg(2, (900, 700))
    assert torch.equal(classifier.prepare(data), classifier.prepare_copy(working_copy(data).jpeg))


def test_only_what_learned_is_written_again(tmp_path: Path) -> None:
    trained = network()
    writer = write(tmp_path, trained)
    before = {path.name for path in tmp_path.glob("[!.]*")}
    torch.nn.init.normal_(trained.head.linear.bias)
    writer.write(manifest(trained))
    after = {path.name for path in tmp_path.glob("[!.]*")}
    assert len(after) == 3
    assert {name.split("-")[0] for name in before - after} == {"learned"}
    loaded = Classifier.load(tmp_path).network.head.linear.bias
    assert torch.equal(loaded, trained.head.linear.bias)


def test_a_folder_is_complete_only_with_its_manifest(tmp_path: Path) -> None:
    assert not has_classifier(tmp_path)
    with pytest.raises(ClassifierInvalid, match="no classifier"):
        Classifier.load(tmp_path)
    write(tmp_path, network())
    assert has_classifier(tmp_path)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    write(tmp_path, network())
    with pytest.raises(PictureRefused):
        Classifier.load(tmp_path).predict([b"no picture"])


def test_a_folder_of_version_1_still_predicts(tmp_path: Path) -> None:
    """Its head had one hidden layer or none, as a number, and its recipe fewer settings."""
    trained = network()
    write(tmp_path, trained)
    path = tmp_path / "manifest.json"
    weights = json.loads(path.read_text(encoding="utf-8"))["weights"]
    old = json.loads(VERSION_1.read_text(encoding="utf-8"))
    old["head"]["features"] = trained.head.shift.numel()
    path.write_text(json.dumps({**old, "weights": weights}), encoding="utf-8")
    classifier = Classifier.load(tmp_path)
    assert classifier.manifest.head.hidden == (4,) and classifier.manifest.head.kind == "linear"
    assert Recipe.read(classifier.manifest.recipe).hidden == (4,)
    picture = classifier.prepare(jpeg(0))
    expected = trained.eval()(classifier.preprocessing.normalise(picture[None])).softmax(1)
    probabilities = torch.tensor(classifier.classify([picture]).probabilities)
    assert torch.allclose(probabilities, expected.detach(), atol=1e-6)


Change = Callable[[dict[str, Any]], None]


def put(*keys: Any, value: Any) -> Change:
    def change(data: dict[str, Any]) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        put("backbone", "architecture", value="hf-hub:somebody/something"),
        put("backbone", "architecture", value="local-dir:/etc"),
        put("backbone", "architecture", value="no_such_network"),
        put("backbone", "architecture", value="vgg11"),
        put("backbone", "model_args", value={"checkpoint_path": "/etc/passwd"}),
        put("backbone", "model_args", value={"pretrained_cfg": "x"}),
        put("backbone", "model_args", value={"pad_type": {"a": 1}}),
        put("weights", 0, "name", value="../../outside.safetensors"),
        put("weights", 0, "name", value="/etc/passwd"),
        put("weights", 0, "name", value="gone.safetensors"),
        put("weights", 0, "sha256", value="0" * 64),
        put("weights", 0, "bytes", value=7),
        put("weights", value=[]),
        put("labels", value=["ant", "bee"]),
        put("labels", value=["ant", "ant", "bee"]),
        put("labels", value="ant"),
        put("head", "features", value=10**9),
        put("head", "hidden", value=[5]),
        put("head", "hidden", value=[4, 4, 4]),
        put("head", "kind", value="sideways"),
        put("preprocessing", "input_size", value=[3, 10**6, 10**6]),
        put("preprocessing", "interpolation", value=7),
        put("preprocessing", "interpolation", value="sideways"),
        put("preprocessing", "mean", value=[]),
        put("preprocessing", "std", value=[0, 0, 0]),
        put("schema_version", value=99),
        put("schema_version", value="x"),
        put("kind", value="something else"),
        put("frequent", value=3),
    ],
)
def test_a_hostile_manifest_is_refused(tmp_path: Path, change: Change) -> None:
    write(tmp_path, network())
    path = tmp_path / "manifest.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ClassifierInvalid) as refused:
        Classifier.load(tmp_path)
    assert refused.value.remedy


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, "\x00"])
def test_a_manifest_that_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ClassifierInvalid):
        read_manifest(tmp_path)


@pytest.mark.parametrize("data", [b"", b"not safetensors", save({"a": torch.zeros(2)})])
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, network())
    path = tmp_path / "manifest.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    for file in stored["weights"]:
        if file["name"].startswith("learned"):
            (tmp_path / file["name"]).write_bytes(data)
            file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    path.write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(ClassifierInvalid):
        Classifier.load(tmp_path)


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    trained = network()
    torch.nn.init.constant_(trained.head.linear.bias, float("nan"))
    write(tmp_path, trained)
    with pytest.raises(ClassifierInvalid, match="no numbers"):
        Classifier.load(tmp_path)
