"""A teacher that looks at every batch itself and gives the maps of all its blocks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from pretraining.views import normalise

Maps = tuple[Tensor, ...]


def blocks_of(network: nn.Module) -> list[str]:
    """Paths of the modules whose maps are compared: each block, or else the end of each stage."""
    stages = getattr(network, "blocks", None)
    if isinstance(stages, nn.Sequential) and all(isinstance(s, nn.Sequential) for s in stages):
        return [
            f"blocks.{i}.{name}" for i, s in enumerate(stages) for name, _ in s.named_children()
        ]
    stage_ends: Any = network.feature_info
    return [info["module"] for info in stage_ends]


class BlockOutputs(nn.Module):
    """A network that gives its blocks' maps, its last map, its pooled features and its logits."""

    def __init__(self, network: nn.Module, paths: list[str]) -> None:
        super().__init__()
        self.network: Any = network  # timm's methods are not those of nn.Module
        self.paths = paths

    def forward(self, x: Tensor) -> Maps:
        """From normalised pictures (N, 3, H, W); logits (N, 0) where it does not classify."""
        with _recording(self.network, self.paths) as maps:
            last = self.network.forward_features(x)
        pooled = self.network.forward_head(last, pre_logits=True)
        classifies = bool(self.network.num_classes)
        logits = self.network.get_classifier()(pooled) if classifies else pooled[:, :0]
        return (*maps, last, pooled, logits)


@contextmanager
def _recording(network: nn.Module, paths: list[str]) -> Iterator[list[Tensor]]:
    """The maps (N, C, H, W) of these modules in each forward pass inside the block."""
    maps: list[Tensor] = []
    hooks = [
        network.get_submodule(path).register_forward_hook(
            lambda _module, _inputs, output: maps.append(output)
        )
        for path in paths
    ]
    try:
        yield maps
    finally:
        for hook in hooks:
            hook.remove()


class LiveTeacher:
    """Gives the maps of any batch. On a CPU it is traced once a shape: 1.4 to 1.8 times faster."""

    def __init__(self, network: nn.Module, device: str) -> None:
        self.paths, self.device = blocks_of(network), device
        network = network.eval().requires_grad_(False).to(device)
        self.outputs = BlockOutputs(network, self.paths).to(memory_format=torch.channels_last)
        self.classifier: nn.Module | None = (
            self.outputs.network.get_classifier() if self.outputs.network.num_classes else None
        )
        self.traced: dict[tuple[int, ...], Any] = {}

    @torch.no_grad()
    def __call__(self, pictures: Tensor) -> Maps:
        """See `BlockOutputs.forward`."""
        if self.device != "cpu":
            maps: Maps = self.outputs(pictures)
            return maps
        shape = tuple(pictures.shape)
        if shape not in self.traced:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torch announces the end of TorchScript
                example = normalise(torch.rand(shape))
                traced = torch.jit.trace(self.outputs.eval(), example)  # type: ignore[no-untyped-call]
                frozen = torch.jit.freeze(traced)
                self.traced[shape] = torch.jit.optimize_for_inference(frozen)
        traced_maps: Maps = self.traced[shape](pictures)
        return traced_maps
