"""Quantising an ONNX classifier to 8 bits, with the ranges that real pictures give.

Static quantisation of onnxruntime in its QDQ form: convolutions and matrix products in 8 bits, one
scale per output channel, weights in 7 bits (`reduce_range`: older x86 processors would overflow).
Preparing the picture, the first convolution, the last layer and the softmax stay in 32 bits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from tlcore.errors import ExportRefused
from tlcore.images.pixels import load_rgb
from tlcore.serving.formats.onnx_preprocessing import PICTURE, PREFIX

QUANTIZED = ["Conv", "MatMul", "Gemm"]  # types of operators


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Hands out the pixels of working copies, (1, H, W, 3) uint8, one picture at a time."""

    def __init__(self, copies: Sequence[Path | bytes]):
        self._left: Iterator[Path | bytes] = iter(copies)

    def get_next(self) -> dict[str, Any] | None:
        for copy in self._left:
            return {PICTURE: np.asarray(load_rgb(copy))[None]}
        return None


def quantize(source: Path, out: Path, copies: Sequence[Path | bytes]) -> None:
    """Write the ONNX file `source` to `out` in 8 bits, with the ranges that `copies` show.

    Args:
        copies: working copies of pictures to calibrate by.

    Raises:
        ExportRefused: there is no picture, or onnxruntime cannot round this network.
    """
    if not copies:
        raise ExportRefused(
            "Rounding to 8 bits needs pictures to learn the ranges from, and there are none.",
            "Add pictures to the project, or take ONNX without rounding.",
        )
    try:
        with _only_errors_logged():
            _quantize(source, out, copies)
    except Exception as error:
        logging.getLogger(__name__).exception("quantisation failed")
        raise ExportRefused(
            "onnxruntime cannot round this network to 8 bits.", "Take ONNX without rounding."
        ) from error


def _quantize(source: Path, out: Path, copies: Sequence[Path | bytes]) -> None:
    prepared = out.with_suffix(".prepared.onnx")
    try:
        quant_pre_process(
            str(source), str(prepared), skip_optimization=True, skip_symbolic_shape=True
        )
        quantize_static(
            str(prepared),
            str(out),
            _Calibration(copies),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=QUANTIZED,
            nodes_to_exclude=_nodes_in_32_bits(prepared),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
    finally:
        prepared.unlink(missing_ok=True)


@contextmanager
def _only_errors_logged() -> Iterator[None]:
    """Quiet the advice that onnxruntime gives by the root logger."""
    before = logging.root.level
    logging.root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logging.root.setLevel(before)


def _nodes_in_32_bits(file: Path) -> list[str]:
    """All that prepares the picture, the first convolution, which sees it, and the last product."""
    nodes = onnx.load(file).graph.node
    convolutions = [node.name for node in nodes if node.op_type == "Conv"]
    products = [node.name for node in nodes if node.op_type in ("Gemm", "MatMul")]
    return [
        *convolutions[:1],
        *products[-1:],
        *(node.name for node in nodes if node.name.startswith(PREFIX)),
    ]
