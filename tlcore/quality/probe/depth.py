"""What every stage of a backbone says about a picture, in one pass: pooled features, and its time.

Hooks on the modules of each stage catch what it gives last; the backbone itself runs as it is, so
this works also where a model cannot be traced or cut.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tlcore.backbones.cut.stages import Stage, stages


class StageFeatures(nn.Module):
    """Pictures (N, 3, H, W) → one tensor (N, F) per stage, from the input up.

    The last one is what the backbone itself gives. Maps and tokens of the other stages are averaged
    over the picture. `seconds` adds up the time that each stage took, over all calls; `pictures`
    counts them.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.stages: tuple[Stage, ...] = tuple(stages(backbone))
        self.seconds = [0.0] * len(self.stages)
        self.pictures = 0

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        caught: dict[int, Any] = {}
        ended: dict[int, float] = {}
        began = time.perf_counter()
        with self._watched(caught, ended):
            pooled = self.backbone(pictures)
            _wait(pooled)
        ended[len(self.stages) - 1] = time.perf_counter()
        self._count(began, ended, len(pictures))
        below = [pool(caught.get(index), len(pictures)) for index in range(len(self.stages) - 1)]
        return (*_without_gaps(below, pooled), pooled)

    def forget(self) -> None:
        """Start to count seconds and pictures anew."""
        self.seconds = [0.0] * len(self.stages)
        self.pictures = 0

    @contextmanager
    def _watched(self, caught: dict[int, Any], ended: dict[int, float]) -> Iterator[None]:
        """Every module of a stage tells what it gives; the last one to end is kept.

        An outer module ends after its inner ones; a list of modules is never called itself.
        """
        modules = dict(self.backbone.named_modules())

        def watch(index: int) -> Any:
            def note(_: nn.Module, __: Any, given: Any) -> None:
                caught[index] = given
                _wait(given)
                ended[index] = time.perf_counter()

            return note

        hooks = [
            modules[path].register_forward_hook(watch(stage.index))
            for stage in self.stages
            for path in stage.modules
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _count(self, began: float, ended: dict[int, float], pictures: int) -> None:
        self.pictures += pictures
        for index in sorted(ended):
            now = max(began, ended[index])
            self.seconds[index] += now - began
            began = now


def pool(given: Any, pictures: int) -> Tensor | None:
    """Whatever a stage gives, averaged over the picture: (N, F) in float32; None if it is nothing.

    Maps are (N, C, H, W), or (N, H, W, C) as in Swin; tokens are (N, L, C); several tensors stand
    side by side.
    """
    pooled = [_pooled(tensor) for tensor in _tensors(given) if tensor.shape[:1] == (pictures,)]
    parts = [part for part in pooled if part is not None]
    return torch.cat(parts, dim=1) if parts else None


def _pooled(tensor: Tensor) -> Tensor | None:
    values = tensor.float()
    if values.ndim == 2:
        return values
    if values.ndim == 3:
        return values.mean(1)
    if values.ndim != 4:
        return None
    _, second, third, fourth = values.shape
    last_is_channels = second == third != fourth
    return values.mean((1, 2) if last_is_channels else (2, 3))


def _tensors(given: Any) -> Iterator[Tensor]:
    if isinstance(given, Tensor):
        if given.is_floating_point():
            yield given
    elif isinstance(given, list | tuple):
        for part in given:
            yield from _tensors(part)
    elif isinstance(given, dict):
        for part in given.values():
            yield from _tensors(part)


def _without_gaps(features: Sequence[Tensor | None], pooled: Tensor) -> list[Tensor]:
    """A stage whose modules gave nothing says what the next one says."""
    above: Tensor = pooled
    filled: list[Tensor] = []
    for pooled_stage in reversed(features):
        above = above if pooled_stage is None else pooled_stage
        filled.append(above)
    return filled[::-1]


def _wait(given: Any) -> None:
    """On a graphics card, work goes on in the background: wait for it before looking at a clock."""
    first = next(_tensors(given), None)
    if first is not None and first.is_cuda:
        torch.cuda.synchronize(first.device)
