"""The kept features of a backbone at several cuts, in one pass from the lowest cut to the highest.

When stages join a training one after the other, each phase wants the kept features of another cut.
All of them lie on one way through the network, so it is gone once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import fx, nn

from tlcore.backbones.cut.cut import TOLERANCE, Cut, copied_into, crossing_at
from tlcore.backbones.cut.stages import Stage, stages
from tlcore.backbones.cut.tracing import CutImpossible, Traced, node_stages, trace, undisturbed


class Ladder(nn.Module):
    """Pictures (N, 3, H, W) → the kept tensors of each cut, one tuple after the other.

    In evaluation mode only, with everything below the highest cut frozen.
    """

    def __init__(self, graph: nn.Module, cuts: Sequence[Cut]) -> None:
        super().__init__()
        self.graph = graph
        self.cuts = tuple(cuts)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        kept: list[torch.Tensor] = []
        for cut, values in zip(self.cuts, self.graph(pictures), strict=True):
            to_kept = getattr(cut.prefix, "to_kept", None)
            kept += to_kept(values) if to_kept else values
        return tuple(kept)


def ladder(backbone: nn.Module, cuts: Sequence[Cut], input_size: Sequence[int]) -> nn.Module:
    """One module for all of `cuts` of `backbone`, each above stage 0, in rising order.

    For pictures of `input_size` (C, H, W). A single cut gives its own prefix.

    Raises:
        CutImpossible: torch.fx cannot follow the model, or its tensors do not agree with the cuts.
    """
    if len(cuts) == 1:
        return cuts[0].prefix
    traced = trace(backbone, training=False)
    made = Ladder(_graph(traced, stages(backbone), cuts), cuts).eval()
    with undisturbed(backbone), torch.no_grad():
        backbone.eval()
        device = next(backbone.parameters()).device
        _verify(made, cuts, torch.rand(1, *input_size, device=device))
    return made


def _graph(traced: Traced, all_stages: Sequence[Stage], cuts: Sequence[Cut]) -> fx.GraphModule:
    """A graph that gives what crosses at each cut. What is below a cut is computed first.

    A copy is made at each cut, because the layers above may work in place.
    """
    stage_of = node_stages(traced, all_stages)
    graph = fx.Graph()
    copied: dict[fx.Node, fx.Node] = {}
    outputs: list[Any] = []
    for cut in cuts:
        if cut.stage_index == len(all_stages):
            below = {node for node in traced.graph.nodes if node.op not in ("get_attr", "output")}
            crossing = list(traced.graph.output_node().all_input_nodes)
        else:
            below, crossing = crossing_at(traced, stage_of, cut.stage_index)
        for node in traced.graph.nodes:
            if node in below and node not in copied:
                copied[node] = copied_into(graph, node, copied)
        outputs.append(tuple(_held(graph, copied[node]) for node in crossing))
    graph.output(tuple(outputs))
    graph.lint()
    return fx.GraphModule(traced.root, graph)


def _held(graph: fx.Graph, node: fx.Node) -> fx.Node:
    return graph.call_function(_copy, (node,))


def _copy(value: Any) -> Any:
    return value.clone() if isinstance(value, torch.Tensor) else value


def _verify(made: nn.Module, cuts: Sequence[Cut], pictures: torch.Tensor) -> None:
    """Raise CutImpossible where a cut alone gives other tensors of pictures (N, C, H, W)."""
    try:
        together = made(pictures)
        alone = [tensor for cut in cuts for tensor in cut.prefix.eval()(pictures)]
    except Exception as error:  # a traced graph of a model's own code fails in any way
        raise CutImpossible(f"{type(error).__name__}: {error}") from error
    for tensor, expected in zip(together, alone, strict=True):
        near = TOLERANCE * max(1e-6, float(expected.abs().max()))
        if tensor.shape != expected.shape or not torch.allclose(
            tensor, expected, rtol=TOLERANCE, atol=near
        ):
            raise CutImpossible("the ladder does not give what the cuts give")
