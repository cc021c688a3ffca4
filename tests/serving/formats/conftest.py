"""The graph of the small classifier, made once: it takes seconds."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from tlcore.classifier.classifier import Classifier
from tlcore.serving.formats.onnx_graph import onnx_model


@pytest.fixture(scope="session")
def graph(classifier_folder: Path) -> onnx.ModelProto:
    """The small classifier as an ONNX graph."""
    return onnx_model(Classifier.load(classifier_folder))
