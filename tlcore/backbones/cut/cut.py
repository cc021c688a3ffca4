"""Cuts a backbone at the border of a stage into two halves that share its weights.

Everything below the lowest learning stage (the prefix) is computed once per picture and kept;
training then runs the rest (the tail). The model is traced with torch.fx twice, in training and
in evaluation mode, because tracing fixes every branch that depends on the mode; each half picks
its graph by its own mode. Freeze first, then cut: frozen stages are then traced as they will run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from tlcore.backbones.cut.crossing import Crossing, alike, cross, rebuild
from tlcore.backbones.cut.stages import Stage, stages, width
from tlcore.backbones.cut.tracing import (
    CutImpossible,
    Traced,
    node_stages,
    repeatable,
    trace,
    undisturbed,
)
from tlcore.backbones.preprocessing import Preprocessing

__all__ = ["Cut", "CutImpossible", "WholeBackbone", "cut", "cut_or_whole"]

# Largest relative difference between the halves and the whole, in evaluation mode.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class Cut:
    """Two halves of one backbone: `tail(*prefix(pictures))` is what the whole would give.

    `prefix` takes normalised pictures (N, 3, H, W) and gives one or more tensors whose first
    dimension is N; `tail` takes those and gives pooled features (N, F). `stage_index` is the first
    stage of the tail. `kept_shapes` are the shapes of the kept tensors for one picture.
    """

    prefix: nn.Module
    tail: nn.Module
    stage_index: int
    kept_shapes: tuple[tuple[int, ...], ...]

    @property
    def kept_values(self) -> int:
        """How many numbers are kept for one picture and view."""
        return sum(torch.Size(shape).numel() for shape in self.kept_shapes)


class WholeBackbone(nn.Module):
    """The whole backbone as a prefix: pictures (N, 3, H, W) → (pooled features (N, F),)."""

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (self.backbone(pictures),)


class _Nothing(nn.Module):
    """No prefix at all: the pictures (N, 3, H, W) themselves."""

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (pictures,)


class _Half(nn.Module):
    """One half in two modes. `to_kept` or `from_kept` gives what crosses the cut its kept form."""

    def __init__(
        self,
        graphs: dict[bool, fx.GraphModule],
        to_kept: Callable[[tuple[Any, ...]], tuple[torch.Tensor, ...]] | None = None,
        from_kept: Callable[[tuple[torch.Tensor, ...]], tuple[Any, ...]] | None = None,
    ) -> None:
        super().__init__()
        self.training_graph = graphs[True]
        self.evaluation_graph = graphs[False]
        self.to_kept = to_kept
        self.from_kept = from_kept

    def forward(self, *values: torch.Tensor) -> Any:
        graph = self.training_graph if self.training else self.evaluation_graph
        out = graph(*(self.from_kept(values) if self.from_kept else values))
        return self.to_kept(out) if self.to_kept else out


def cut(backbone: nn.Module, stage_index: int, input_size: Sequence[int] | None = None) -> Cut:
    """Cut `backbone` (a timm model with `num_classes=0`) below stage `stage_index`.

    `stage_index` 0 leaves no prefix; the number of stages leaves the identity as the tail. Both
    halves share parameters, buffers and modules with `backbone`, copy nothing, and follow
    `train()` and `eval()` on themselves. `input_size` (C, H, W) is by default the model's own: some
    models fix sizes in their graph, so run the halves at this size only.

    Raises:
        CutImpossible: torch.fx cannot follow the model, or what crosses cannot be kept.
    """
    size = tuple(input_size) if input_size else _own_size(backbone)
    count = len(stages(backbone))
    if not 0 <= stage_index <= count:
        raise ValueError(f"stage {stage_index} of {count}")
    if stage_index == 0:
        return Cut(_Nothing().train(backbone.training), backbone, 0, (size,))
    if stage_index == count:
        whole = WholeBackbone(backbone)
        whole.training = backbone.training
        return Cut(whole, nn.Identity(), count, ((width(backbone),),))
    return _halves(backbone, stage_index, size)


def cut_or_whole(
    backbone: nn.Module, stage_index: int, input_size: Sequence[int] | None = None
) -> Cut:
    """Like `cut`, but a model that cannot be cut there comes back whole (`stage_index` 0).

    Training is then right but saves nothing below the cut; the caller says so.
    """
    try:
        return cut(backbone, stage_index, input_size)
    except CutImpossible:
        return cut(backbone, 0, input_size)


def _halves(backbone: nn.Module, stage_index: int, size: tuple[int, ...]) -> Cut:
    """Trace, split and verify, with random pictures of `size` (C, H, W)."""
    all_stages = stages(backbone)
    prefixes: dict[bool, fx.GraphModule] = {}
    tails: dict[bool, fx.GraphModule] = {}
    for mode in (True, False):
        prefixes[mode], tails[mode] = _split(
            trace(backbone, training=mode), all_stages, stage_index
        )
    with undisturbed(backbone), torch.no_grad():
        backbone.eval()
        single, double = (torch.rand(count, *size, device=_device(backbone)) for count in (1, 2))
        values = _run(prefixes[False], single)
        if not alike(values, _run(prefixes[True], single)):
            raise CutImpossible("different tensors cross in training and in evaluation")
        crossings = cross(values, _run(prefixes[False], double))
        prefix = _Half(prefixes, to_kept=_Keep(crossings))
        tail = _Half(tails, from_kept=_Restore(crossings))
        _verify(backbone, prefix.eval(), tail.eval(), single)
    shapes = tuple(crossing.shape for crossing in crossings if crossing.kept)
    prefix.training = tail.training = backbone.training
    return Cut(prefix, tail, stage_index, shapes)


def _run(half: nn.Module, *values: torch.Tensor) -> Any:
    """What a half gives for tensors (N, …); whatever it raises becomes CutImpossible."""
    try:
        return half(*values)
    except Exception as error:  # a traced graph of a model's own code: the same
        raise CutImpossible(f"{type(error).__name__}: {error}") from error


def _verify(
    backbone: nn.Module, prefix: nn.Module, tail: nn.Module, pictures: torch.Tensor
) -> None:
    """Raise CutImpossible where the halves and the whole differ on pictures (N, C, H, W)."""
    whole, halves = backbone(pictures), _run(tail, *_run(prefix, pictures))
    if whole.shape != halves.shape or whole.ndim != 2:
        raise CutImpossible(f"{tuple(halves.shape)} instead of {tuple(whole.shape)}")
    if not torch.allclose(whole, halves, rtol=TOLERANCE, atol=TOLERANCE * float(whole.abs().max())):
        raise CutImpossible("the halves do not give the whole's features")


def _split(
    traced: Traced, all_stages: Sequence[Stage], stage_index: int
) -> tuple[fx.GraphModule, fx.GraphModule]:
    """The traced graph as two; what crosses leaves the first and enters the second."""
    below, crossing = crossing_at(traced, node_stages(traced, all_stages), stage_index)
    prefix, tail = fx.Graph(), fx.Graph()
    copied: dict[fx.Node, fx.Node] = {}
    for node in traced.graph.nodes:
        if node in below:
            copied[node] = copied_into(prefix, node, copied)
    prefix.output(tuple(copied[node] for node in crossing))
    copied = {node: tail.placeholder(node.name) for node in crossing}
    for node in traced.graph.nodes:
        if node not in below and node.op != "get_attr" and node not in copied:
            copied[node] = copied_into(tail, node, copied)
    tail.lint()
    return fx.GraphModule(traced.root, prefix), fx.GraphModule(traced.root, tail)


def crossing_at(
    traced: Traced, stage_of: Mapping[fx.Node, int], stage_index: int
) -> tuple[set[fx.Node], list[fx.Node]]:
    """The nodes below a cut, and those of them that the rest needs, in order."""
    below = {node for node, stage in stage_of.items() if stage < stage_index}
    below -= {node for node in below if node.op in ("get_attr", "output")}
    crossing = _crossing_nodes(traced, below)
    return below, crossing


def copied_into(graph: fx.Graph, node: fx.Node, copied: dict[fx.Node, fx.Node]) -> fx.Node:
    """Copy `node`; weights that it reads directly are read again in whichever half needs them."""

    def source(original: fx.Node) -> fx.Node:
        if original not in copied:
            copied[original] = graph.node_copy(original)
        return copied[original]

    return graph.node_copy(node, source)


def _crossing_nodes(traced: Traced, below: set[fx.Node]) -> list[fx.Node]:
    """Nodes of the prefix that the tail needs, in order. What is better repeated leaves `below`.

    A step without weights whose inputs all cross anyway (padding, a size) is left to the tail.
    """
    while True:
        crossing = [n for n in traced.graph.nodes if n in below and not below.issuperset(n.users)]
        repeated = [
            node
            for node in crossing
            if repeatable(node, traced.root)
            and node.all_input_nodes
            and all(n in crossing or n.op == "get_attr" for n in node.all_input_nodes)
            and not any(user in below for user in node.users)
        ]
        if not repeated:
            return crossing
        below.difference_update(repeated)


def _own_size(backbone: nn.Module) -> tuple[int, ...]:
    return Preprocessing.of(backbone).input_size


def _device(backbone: nn.Module) -> torch.device:
    return next(backbone.parameters()).device


@dataclass(frozen=True)
class _Keep:
    """What the prefix's graph gives → kept tensors (N, …)."""

    crossings: tuple[Crossing, ...]

    def __call__(self, values: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
        """Tensors (N, *shape), or (N · windows, …) where they are folded → all (N, …)."""
        pairs = zip(self.crossings, values, strict=True)
        return tuple(v.reshape(-1, *c.shape) if c.folded else v for c, v in pairs if c.kept)


@dataclass(frozen=True)
class _Restore:
    """Kept tensors (N, …) → what the tail's graph takes."""

    crossings: tuple[Crossing, ...]

    def __call__(self, kept: tuple[torch.Tensor, ...]) -> tuple[Any, ...]:
        """See `rebuild`: kept tensors (N, …)."""
        return tuple(rebuild(self.crossings, kept))
