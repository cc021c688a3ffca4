"""What crosses a cut: tensors that are kept for each picture, and values that are made again.

Besides tensors with one row per picture, sizes and fixed tables may cross. To tell them
apart, the prefix is run on one and on two pictures: what follows the number of pictures is rebuilt
from it, what stays the same is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tlcore.backbones.cut.tracing import CutImpossible


@dataclass(frozen=True)
class Crossing:
    """One value that crosses. Kept: `shape` is that of one picture; else `make(N)` gives it again.

    `folded`: in the graph its first dimension is a multiple of N (windows, say), and `shape` begins
    with that factor.
    """

    kept: bool
    shape: tuple[int, ...] = ()
    folded: bool = False
    make: Callable[[int], Any] | None = None


def cross(single: Sequence[Any], double: Sequence[Any]) -> tuple[Crossing, ...]:
    """Compare what crosses for one picture, tensors (1, …), and for two, tensors (2, …).

    Raises:
        CutImpossible: something cannot be kept or made again, or nothing is left to keep.
    """
    crossings = tuple(_crossing(a, b) for a, b in zip(single, double, strict=True))
    if not any(crossing.kept for crossing in crossings):
        raise CutImpossible("no tensor with one row per picture crosses")
    return crossings


def rebuild(crossings: Sequence[Crossing], kept: Sequence[torch.Tensor]) -> list[Any]:
    """Kept tensors (N, …) → all values that crossed, as the graph of the tail expects them."""
    count, device = len(kept[0]), kept[0].device
    remaining = iter(kept)
    values: list[Any] = []
    for crossing in crossings:
        if crossing.make is not None:
            value = crossing.make(count)
            values.append(value.to(device) if isinstance(value, torch.Tensor) else value)
        else:
            tensor = next(remaining)
            values.append(tensor.flatten(0, 1) if crossing.folded else tensor)
    return values


def alike(first: Sequence[Any], second: Sequence[Any]) -> bool:
    """True where both are the same kinds of values in the same order, tensors of equal shapes."""
    return [_kind(value) for value in first] == [_kind(value) for value in second]


def _kind(value: Any) -> Any:
    return (value.shape, value.dtype) if isinstance(value, torch.Tensor) else type(value)


def _crossing(single: Any, double: Any) -> Crossing:
    """How a value crosses that is `single` for one picture and `double` for two."""
    if not isinstance(single, torch.Tensor):
        return Crossing(kept=False, make=_maker(single, double))
    if single.shape == double.shape and torch.equal(single, double):
        constant = single.detach().clone()
        return Crossing(kept=False, make=lambda _: constant)
    if not single.is_floating_point() or single.ndim == 0 or single.shape[1:] != double.shape[1:]:
        raise CutImpossible(f"cannot keep {tuple(single.shape)} {single.dtype}")
    factor = len(single)
    if len(double) != 2 * factor:
        raise CutImpossible(f"{factor} rows for one picture, {len(double)} for two")
    if factor == 1:
        return Crossing(kept=True, shape=tuple(single.shape[1:]))
    return Crossing(kept=True, shape=tuple(single.shape), folded=True)


def _maker(single: Any, double: Any) -> Callable[[int], Any]:
    """A function of the number of pictures that gives `single` for 1 and `double` for 2."""
    if isinstance(single, (tuple, list)) and isinstance(double, (tuple, list)):
        values = (*single, *double)
        if len(single) != len(double) or any(isinstance(v, torch.Tensor) for v in values):
            raise CutImpossible("a list of changing length or of tensors crosses")
        makers = [_maker(a, b) for a, b in zip(single, double, strict=True)]
        return lambda count: tuple(make(count) for make in makers)
    if type(single) is int and type(double) is int and double == 2 * single and single:
        return lambda count: single * count
    if single == double:
        return lambda _: single
    raise CutImpossible(f"{type(single).__name__} crosses and changes with the pictures")
