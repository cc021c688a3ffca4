"""Folds BatchNorm into the convolution before it, for inference alone: the same numbers, sooner.

In evaluation mode a BatchNorm is a fixed scale and shift for each channel, which the convolution
before it can do on its own (`torch.nn.utils.fusion`; batch normalisation: Ioffe and Szegedy 2015,
arXiv 1502.03167). What is saved is a whole pass over memory.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

TOLERANCE = 1e-4  # relative to the largest value
TRIAL = 2  # pictures


@torch.no_grad()
def folded(prefix: nn.Module, pictures: Tensor) -> nn.Module:
    """A copy of `prefix`, in evaluation mode, with its BatchNorms folded where that is possible.

    `pictures` (N, 3, H, W), normalised, show which convolution feeds which BatchNorm, and whether
    both networks give the same. Where nothing can be folded, or where the outputs
    differ, `prefix` itself comes back. The copy follows no later change of the weights.
    """
    few = pictures[:TRIAL]
    with _watched(prefix) as pairs:
        before = prefix(few)
    if not pairs:
        return prefix
    made = _copied(prefix, pairs)
    return made if same(before, made(few)) else prefix


@contextmanager
def _watched(prefix: nn.Module) -> Iterator[dict[nn.Module, nn.Module]]:
    """While it lasts, fills in which BatchNorm is given exactly what a convolution has made.

    Modules that are run twice are left alone; who else uses what a convolution made is not seen
    here, but the comparison afterwards would tell.
    """
    pairs: dict[nn.Module, nn.Module] = {}
    made: dict[int, tuple[nn.Module, Tensor]] = {}  # the tensor is held, so that its id stays its
    runs: dict[nn.Module, int] = {}

    def after(module: nn.Module, _: Any, output: Any) -> None:
        runs[module] = runs.get(module, 0) + 1
        if isinstance(module, nn.Conv2d) and isinstance(output, Tensor):
            made[id(output)] = (module, output)

    def first(module: nn.Module, given: tuple[Any, ...]) -> None:
        known = made.get(id(given[0])) if given else None
        if known is not None and _is_plain(module):
            pairs[known[0]] = module

    hooks = []
    for module in prefix.modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d):
            hooks.append(module.register_forward_hook(after))
        if isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_pre_hook(first))
    try:
        yield pairs
    finally:
        for hook in hooks:
            hook.remove()
        for conv, norm in list(pairs.items()):
            if runs.get(conv, 0) != 1 or runs.get(norm, 0) != 1:
                del pairs[conv]


def _is_plain(norm: nn.Module) -> bool:
    return isinstance(norm, nn.BatchNorm2d) and not norm.training and norm.running_mean is not None


def _copied(prefix: nn.Module, pairs: dict[nn.Module, nn.Module]) -> nn.Module:
    """A copy with other modules in place of each pair."""
    instead: dict[int, nn.Module] = {}  # by the id of what is replaced, which the copy then holds
    for conv, norm in pairs.items():
        assert isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
        instead[id(conv)] = fuse_conv_bn_eval(conv, norm)
        # timm's BatchNormAct2d drops and activates within.
        rest = {name: getattr(norm, name) for name in ("drop", "act") if hasattr(norm, name)}
        # Whoever looks modules up by their paths finds them all.
        instead[id(norm)] = nn.Sequential(OrderedDict(rest)) if rest else nn.Identity()
    return copy.deepcopy(prefix, memo=dict(instead)).eval()


def same(outputs: Any, others: Any) -> bool:
    """Whether two networks gave the same but for rounding: a tensor (N, …) each, or several."""
    ours, theirs = ((x,) if isinstance(x, Tensor) else tuple(x) for x in (outputs, others))
    return len(ours) == len(theirs) and all(
        a.shape == b.shape and torch.allclose(a, b, rtol=TOLERANCE, atol=_margin(a))
        for a, b in zip(ours, theirs, strict=True)
    )


def _margin(values: Tensor) -> float:
    return TOLERANCE * float(values.detach().abs().max())
