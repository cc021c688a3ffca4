"""One small trained-looking classifier and a few pictures, for all tests of what leaves the app."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from tlcore.backbones.preprocessing import Preprocessing
from tlcore.classifier.network import Head, Network
from tlcore.classifier.writer import ClassifierWriter, versions
from tlcore.images.reduction import encode
from tlcore.serving.export.check_set import CheckSet
from tlcore.serving.formats.comparison import CheckPicture

LABELS = ("ant", "{bee}", "cat’s")


def write_classifier(folder: Path, **changes: object) -> Path:
    """A tiny network whose answers differ from picture to picture; returns its folder."""
    torch.manual_seed(0)
    backbone = timm.create_model("test_resnet", num_classes=0)
    head = Head(backbone.num_features, 3, hidden=(6,))
    torch.nn.init.normal_(head.linear.weight, std=3)
    with torch.inference_mode():
        head.measure(backbone.eval()(torch.randn(16, 3, 64, 64)))
    network = Network(backbone, head)
    learned = [name for name in network.state_dict() if name.startswith("head.")]
    ClassifierWriter(folder, network, learned).write(
        {
            "labels": LABELS,
            "backbone": {"name": "test_resnet.r160_in1k", "architecture": "test_resnet"},
            "head": {"features": backbone.num_features, "hidden": 6},
            "preprocessing": Preprocessing(input_size=(3, 64, 64)).model_dump(mode="json"),
            "metrics": {"validation_accuracy": 0.5},
            "versions": versions(),
            "temperature": 1.7,
            "threshold": 0.4,
            **changes,
        }
    )
    return folder


@pytest.fixture(scope="session")
def classifier_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_classifier(tmp_path_factory.mktemp("made") / "classifier")


def blobs(number: int, width: int = 90, height: int = 70) -> Image.Image:
    """Smooth colours, another picture for every number."""
    random = np.random.default_rng(number)
    small = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture(scope="session")
def check_set() -> CheckSet:
    copies = [encode(blobs(number, 60 + 9 * number, 120 - 5 * number)) for number in range(12)]
    pictures = tuple(CheckPicture(copy, copy, number % 3) for number, copy in enumerate(copies))
    return CheckSet(pictures, "test pictures", tuple(encode(blobs(100 + n)) for n in range(12)))
