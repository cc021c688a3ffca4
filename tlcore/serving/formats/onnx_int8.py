"""ONNX, small: the same file quantised to 8 bits, by the ranges that the user's pictures show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tlcore.serving.formats.format import Calibration, Format
from tlcore.serving.formats.onnx import MODEL, USAGE, comparison

if TYPE_CHECKING:
    from tlcore.classifier.classifier import Classifier


def write(classifier: Classifier, source: Path, out: Path, calibration: Calibration) -> None:
    """One ONNX file in 8 bits, with the labels and all else that the whole one says.

    Raises:
        ExportRefused: there is no picture to calibrate by, or this network cannot be written so.
    """
    import onnx

    from tlcore.serving.formats.onnx_graph import onnx_model
    from tlcore.serving.formats.quantization import quantize

    model = onnx_model(classifier)
    whole = out / "whole.onnx"
    whole.write_bytes(model.SerializeToString())
    quantize(whole, out / MODEL, calibration)
    whole.unlink()
    small = onnx.load(out / MODEL)
    del small.metadata_props[:]
    small.metadata_props.extend(model.metadata_props)
    small.producer_name, small.doc_string = model.producer_name, model.doc_string
    (out / MODEL).write_bytes(small.SerializeToString())


FORMAT = Format(
    key="onnx-int8",
    title="ONNX, small",
    words="The same, rounded to 8 bits: about a quarter of the size. It may err a little more; how "
    "much is measured on your test pictures.",
    usage=USAGE,
    icon=":material/compress:",
    suffix=".onnx",
    files=(MODEL,),
    write=write,
    comparison=comparison,
    rounded=True,
)
