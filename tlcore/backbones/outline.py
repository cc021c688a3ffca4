"""Makes a network without any numbers in it: enough to count and describe it, and quick to make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import timm
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from tlcore.backbones.sources.base import WeightsNote

FILLING = frozenset(
    {"uniform_", "normal_", "fill_", "zero_", "erfinv_", "mul_", "add_", "clamp_", "copy_"}
)


class _NoNumbers(TorchFunctionMode):
    """Skips filling tensors that have no content anyway; on the meta device that is slow."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if getattr(func, "__name__", "") in FILLING and args and args[0].is_meta:
            return args[0]
        return func(*args, **(kwargs or {}))


def outline(timm_name: str, note: WeightsNote | None = None) -> nn.Module:
    """The backbone called `timm_name` by timm, changed as `note` says, on the meta device."""
    changes = {"pretrained_cfg_overlay": note.overlay} | note.model_args if note else {}
    with torch.device("meta"), _NoNumbers():
        module: nn.Module = timm.create_model(timm_name, num_classes=0, **changes)
    return module
