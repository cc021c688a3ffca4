"""Frozen stages run by ONNX Runtime where that is quicker: the same features, sooner.

On a processor it fuses what PyTorch runs one by one and keeps channels together as the caches like
them: 1.7 to 2 times quicker for MobileNets, a sixth for small ResNets.
"""

from __future__ import annotations

import io
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from tlcore.backbones.engines.folding import folded, same

EXAMPLES = 2  # pictures that the graph is traced with
GAIN = 0.9  # of the time at most, or it is not worth another way of computing

_log = logging.getLogger(__name__)


class Session(nn.Module):
    """A traced network in ONNX Runtime. It follows no later change of the weights."""

    def __init__(self, prefix: nn.Module, pictures: Tensor) -> None:
        """Trace `prefix`, in evaluation mode, with the first of `pictures` (N, 3, H, W).

        Raises whatever the exporter or the runtime raise for what they do not know.
        """
        import onnxruntime  # takes a third of a second, which small projects need not wait for

        super().__init__()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        # Threads that wait busily would take the processor from those that decode pictures.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session: Any = onnxruntime.InferenceSession(
            _graph(prefix, pictures[:EXAMPLES].contiguous()),
            options,
            providers=["CPUExecutionProvider"],
        )
        self.entry = self.session.get_inputs()[0].name

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        """The network's outputs (N, …) for pictures (N, 3, H, W), all in float32."""
        given = {self.entry: pictures.contiguous().numpy()}
        return tuple(torch.from_numpy(values) for values in self.session.run(None, given))


def quickest(prefix: nn.Module, pictures: Tensor, precision: str = "float32") -> nn.Module:
    """`prefix`, or what computes the same sooner: in ONNX Runtime, or with its BatchNorms folded.

    `pictures` (N, 3, H, W), normalised, are what it is tried with: outputs must agree, and the time
    is measured.
    """
    plain = folded(prefix, pictures)
    if pictures.device.type != "cpu" or precision != "float32" or len(pictures) <= EXAMPLES:
        return plain
    try:
        session = Session(prefix, pictures)
        agrees = same(prefix(pictures), session(pictures))
    except Exception as error:  # noqa: BLE001 - exporters fail in many ways, all mean: as before
        _log.info("not run by ONNX Runtime: %s", error)
        return plain
    if not agrees:
        return plain
    return session if _seconds(session, pictures) < GAIN * _seconds(plain, pictures) else plain


def _graph(prefix: nn.Module, pictures: Tensor) -> bytes:
    """The network as ONNX for any number of pictures, traced with `pictures` (N, 3, H, W)."""
    file = io.BytesIO()
    free = {"pictures": {0: "n"}}
    with warnings.catch_warnings():
        # This exporter is the old one: half a second where the new one takes ten. Should it go,
        # the network is run as before.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            prefix, (pictures,), file, input_names=["pictures"], dynamic_axes=free, dynamo=False,  # type: ignore[arg-type]
            opset_version=17,
        )  # fmt: skip
    return file.getvalue()


def _seconds(network: Callable[[Tensor], Any], pictures: Tensor) -> float:
    """The shorter of two runs on pictures (N, 3, H, W)."""
    times = []
    for _ in range(2):
        began = time.perf_counter()
        network(pictures)
        times.append(time.perf_counter() - began)
    return min(times)
