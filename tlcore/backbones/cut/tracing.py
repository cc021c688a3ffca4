"""Traces a backbone with torch.fx and says to which stage each step of the graph belongs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from timm.layers import get_notrace_functions, get_notrace_modules
from timm.layers.drop import DropBlock2d, DropPath
from timm.layers.patch_dropout import PatchDropout
from torch import fx, nn

from tlcore.backbones.cut.stages import Stage, stage_of_tensors

# Modules that draw random numbers in training. They belong to the stage in which they are defined,
# so that freezing a stage silences them; other modules without weights may be moved freely.
RANDOM = (nn.modules.dropout._DropoutNd, DropPath, DropBlock2d, PatchDropout)
ROOT = "backbone"


class CutImpossible(Exception):
    """This backbone cannot be cut there. Not an error for users: the caller runs it whole."""


class Traceable(nn.Module):
    """Takes pictures alone, so that optional arguments of a model's `forward` keep their values."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, pictures: torch.Tensor) -> Any:
        return self.backbone(pictures)


class _Tracer(fx.Tracer):
    """Goes into every module but PyTorch's own and those that timm says cannot be traced."""

    def __init__(self) -> None:
        super().__init__(
            autowrap_functions=tuple(get_notrace_functions()), param_shapes_constant=True
        )
        self.leaves = tuple(get_notrace_modules())

    def is_leaf_module(self, module: nn.Module, qualified_name: str) -> bool:
        return isinstance(module, self.leaves) or super().is_leaf_module(module, qualified_name)


@dataclass(frozen=True)
class Traced:
    """A graph, and the module in which its names are looked up."""

    root: Traceable
    graph: fx.Graph


def trace(backbone: nn.Module, *, training: bool) -> Traced:
    """Trace `backbone` in training or evaluation mode; modes and buffers come back as they were.

    Raises:
        CutImpossible: the model's code depends on values that a trace does not have.
    """
    root = Traceable(backbone)
    with undisturbed(backbone):
        backbone.train(training)
        try:
            graph = _Tracer().trace(root)
        except Exception as error:  # a model's own code on stand-ins may fail in any way
            raise CutImpossible(f"{type(error).__name__}: {error}") from error
    return Traced(root, graph)


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """Puts modes, buffers and the random state back when the block ends."""
    modes = {inner: inner.training for inner in module.modules()}
    buffers = {buffer: buffer.clone() for buffer in module.buffers()}
    devices = [tensor.device for tensor in module.parameters() if tensor.is_cuda][:1]
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            for inner, mode in modes.items():
                inner.training = mode
            with torch.no_grad():
                for buffer, before in buffers.items():
                    buffer.copy_(before)


def node_stages(traced: Traced, stages: Sequence[Stage]) -> dict[fx.Node, int]:
    """Stage of each node: the highest among its inputs and its own weights; −1 before the first.

    Nodes that need no weights of a stage belong to an earlier one, wherever they are written: a
    pool at the border makes what is kept smaller.
    """
    tensors = stage_of_tensors(stages)
    modules = {path: stage.index for stage in stages for path in stage.modules}
    stage_of: dict[fx.Node, int] = {}
    for node in traced.graph.nodes:
        own = _own_stage(node, traced.root, tensors, modules)
        stage_of[node] = max([own, *(stage_of[source] for source in node.all_input_nodes)])
    return stage_of


def _own_stage(
    node: fx.Node, root: nn.Module, tensors: Mapping[str, int], modules: Mapping[str, int]
) -> int:
    path = str(node.target).removeprefix(f"{ROOT}.")
    if node.op == "get_attr":
        return tensors.get(path, -1)
    if node.op != "call_module":
        return -1
    module = root.get_submodule(str(node.target))
    names = [name for name, _ in (*module.named_parameters(), *module.named_buffers())]
    inside = [tensors.get(f"{path}.{name}", -1) for name in names]
    return max([*inside, modules.get(path, -1) if isinstance(module, RANDOM) else -1])


def repeatable(node: fx.Node, root: nn.Module) -> bool:
    """True for a step without weights, chance or effect on its inputs: either half may run it."""
    if node.op == "call_module":
        module = root.get_submodule(str(node.target))
        bare = next(module.parameters(), None) is None and next(module.buffers(), None) is None
        return bare and not isinstance(module, RANDOM) and not getattr(module, "inplace", False)
    if node.op not in ("call_function", "call_method"):
        return False
    name = str(getattr(node.target, "__name__", node.target))
    in_place = name.endswith("_") and not name.endswith("__")
    in_place |= getattr(node.target, "__module__", "") == "_operator" and name in _IN_PLACE
    return not (in_place or node.kwargs.get("inplace") or "drop" in name or node.is_impure())


_IN_PLACE = frozenset({"iadd", "isub", "imul", "itruediv", "imatmul", "iand", "ior"})
