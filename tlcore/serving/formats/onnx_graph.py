"""A classifier as one ONNX graph, from the pixels of any picture to probabilities."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from onnx import compose, numpy_helper

from tlcore.classifier.classifier import Classifier
from tlcore.classifier.manifest import Manifest
from tlcore.errors import ExportRefused
from tlcore.serving.formats.export_module import ExportModule
from tlcore.serving.formats.onnx_preprocessing import (
    OPSET,
    PICTURE,
    PREFIX,
    PREPARED,
    preprocessing_graph,
)

PROBABILITIES = "probabilities"
WORDS = (
    "picture: uint8 (1, height, width, 3), RGB, upright, of any size; for exactly the answers of "
    "the app shrink it first until its longer side has at most 640 pixels. probabilities: float32 "
    "(1, labels), in the order of graft.labels. Below graft.threshold the answer is “I don't know”."
)

# pixels (H, W, 3) → probabilities (labels,)
Runner = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]


def onnx_model(classifier: Classifier, *, fused: bool = True) -> onnx.ModelProto:
    """The whole classifier as a graph: resize, crop, normalise, network, temperature, softmax.

    `fused` multiplies normalisation layers into their convolutions; without, every weight stands
    in the file as it was stored.

    Raises:
        ExportRefused: ONNX cannot say what this network does.
    """
    preprocessing = preprocessing_graph(classifier.preprocessing)
    network = _network_graph(classifier, fused)
    whole = _joined(preprocessing, network)
    _describe(whole, classifier.manifest)
    return whole


def _joined(preprocessing: onnx.ModelProto, network: onnx.ModelProto) -> onnx.ModelProto:
    """Both graphs one after the other; the names of the first get a prefix of their own."""
    preprocessing = compose.add_prefix(
        preprocessing, PREFIX, rename_inputs=False, rename_outputs=False
    )
    preprocessing.ir_version = network.ir_version
    whole: onnx.ModelProto = compose.merge_models(
        preprocessing, network, io_map=[(PREPARED, network.graph.input[0].name)]
    )
    del whole.opset_import[:]  # merging has put the same one in twice
    whole.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    return whole


def _network_graph(classifier: Classifier, fused: bool) -> onnx.ModelProto:
    """Prepared pixels (1, C, H, W) → probabilities (1, labels), by torch.onnx's exporter."""
    sample = torch.zeros(1, *classifier.preprocessing.input_size)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                ExportModule(classifier).eval(),
                (sample,),
                input_names=["pixels"],
                output_names=[PROBABILITIES],
                opset_version=OPSET,
                dynamo=True,
                optimize=fused,
                external_data=False,
                verbose=False,
            )
    except Exception as error:
        logging.getLogger(__name__).exception("ONNX export failed")
        raise ExportRefused(
            "This network cannot be written as ONNX: it does something that ONNX has no word for.",
            "Take the Python folder or the PyTorch file instead.",
        ) from error
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    _forget_where_it_was_made(model)
    return model


def _forget_where_it_was_made(model: onnx.ModelProto) -> None:
    """Remove the exporter's notes: stack traces that name folders, and so people, of this one."""
    graphs = [model.graph, *model.functions]
    for part in (node for graph in graphs for node in graph.node):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    graph = model.graph
    for part in (*graph.value_info, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
    graph.ClearField("metadata_props")


def _describe(model: onnx.ModelProto, manifest: Manifest) -> None:
    """Write into the file what a program or a person needs to know about it."""
    del model.metadata_props[:]
    facts = {
        "graft.labels": json.dumps(list(manifest.labels), ensure_ascii=False),
        "graft.threshold": repr(manifest.threshold),
        "graft.temperature": repr(manifest.temperature),
        "graft.backbone": manifest.backbone.name,
        "graft.licence": manifest.backbone.licence,
        "graft.trained_on": manifest.backbone.trained_on,
        "graft.use": WORDS,
    }
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    model.producer_name, model.doc_string = "graft", WORDS


def open_onnx(source: Path | bytes, threads: int = 0) -> Runner:
    """A function from pixels (H, W, 3) uint8 to probabilities (labels,) by onnxruntime on the CPU.

    `threads` 0 leaves their number to onnxruntime.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        source if isinstance(source, bytes) else str(source),
        options,
        providers=["CPUExecutionProvider"],
    )

    def run(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(H, W, 3) → (labels,)."""
        [rows] = session.run([PROBABILITIES], {PICTURE: pixels[None]})
        probabilities: npt.NDArray[np.float32] = rows[0]
        return probabilities

    return run


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with every weight that loses nothing by it stored in 16 bits, then widened.

    What Graft's own backbone was stored with in 16 bits stays exactly the same at half the size.
    """
    smaller = onnx.ModelProto()
    smaller.CopyFrom(model)
    casts = []
    for tensor in smaller.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            narrow = values.astype(np.float16)
        if values.size < 1024 or not np.array_equal(narrow.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(narrow, f"{name}/narrow"))
        casts.append(
            onnx.helper.make_node("Cast", [f"{name}/narrow"], [name], to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *smaller.graph.node]
    del smaller.graph.node[:]
    smaller.graph.node.extend(nodes)
    return smaller
