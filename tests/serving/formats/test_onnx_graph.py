"""The graph says what it is, and storing it in 16 bits loses nothing."""

from __future__ import annotations

import json

import numpy as np
import onnx

from tests.serving.conftest import LABELS
from tlcore.serving.formats.onnx_graph import halved, open_onnx


def test_the_onnx_file_says_what_it_is(graph: onnx.ModelProto) -> None:
    onnx.checker.check_model(graph, full_check=True)
    facts = {fact.key: fact.value for fact in graph.metadata_props}
    assert json.loads(facts["graft.labels"]) == list(LABELS)
    assert (facts["graft.temperature"], facts["graft.threshold"]) == ("1.7", "0.4")
    [entry] = graph.graph.input
    assert entry.type.tensor_type.elem_type == onnx.TensorProto.UINT8


def test_halving_loses_nothing(graph: onnx.ModelProto) -> None:
    """Weights that 16 bits hold are stored so; the others stay."""
    random = np.random.default_rng(0)
    model = onnx.ModelProto()
    model.CopyFrom(graph)
    tensors = model.graph.initializer
    large = [tensor for tensor in tensors if onnx.numpy_helper.to_array(tensor).size >= 1024]
    for tensor in large[::2]:
        values = onnx.numpy_helper.to_array(tensor).astype(np.float16).astype(np.float32)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    small = halved(model)
    assert small.ByteSize() < 0.85 * model.ByteSize()
    run_whole, run_small = (open_onnx(each.SerializeToString()) for each in (model, small))
    for _ in range(3):
        pixels = random.integers(0, 256, (70, 50, 3), np.uint8)
        assert np.array_equal(run_whole(pixels), run_small(pixels))
