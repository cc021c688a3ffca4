"""What crosses a cut: tensors that are kept for each picture, and values that are made again.

Besides tensors with one row per picture, sizes and fixed tables may cross. They are told apart by
running the prefix on one and on two pictures: what follows the number of pictures is rebuilt from
it, what stays the same is remembered.
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


def cross(one: Sequence[Any], two: Sequence[Any]) -> tuple[Crossing, ...]:
    """Compare what crosses for one picture and for two.

    Raises:
        CutImpossible: something cannot be kept or made again, or nothing is left to keep.
    """
    crossings = tuple(_crossing(a, b) for a, b in zip(one, two, strict=True))
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


def _crossing(one: Any, two: Any) -> Crossing:
    if not isinstance(one, torch.Tensor):
        return Crossing(kept=False, make=_maker(one, two))
    if one.shape == two.shape and torch.equal(one, two):
        constant = one.detach().clone()
        return Crossing(kept=False, make=lambda _: constant)
    if not one.is_floating_point() or one.ndim == 0 or one.shape[1:] != two.shape[1:]:
        raise CutImpossible(f"cannot keep {tuple(one.shape)} {one.dtype}")
    factor = len(one)
    if len(two) != 2 * factor:
        raise CutImpossible(f"{factor} rows for one picture, {len(two)} for two")
    if factor == 1:
        return Crossing(kept=True, shape=tuple(one.shape[1:]))
    return Crossing(kept=True, shape=tuple(one.shape), folded=True)


def _maker(one: Any, two: Any) -> Callable[[int], Any]:
    """A function of the number of pictures that gives `one` for 1 and `two` for 2."""
    if isinstance(one, (tuple, list)) and isinstance(two, (tuple, list)):
        if len(one) != len(two) or any(isinstance(v, torch.Tensor) for v in (*one, *two)):
            raise CutImpossible("a list of changing length or of tensors crosses")
        makers = [_maker(a, b) for a, b in zip(one, two, strict=True)]
        return lambda count: tuple(make(count) for make in makers)
    if type(one) is int and type(two) is int and two == 2 * one and one:
        return lambda count: one * count
    if one == two:
        return lambda _: one
    raise CutImpossible(f"{type(one).__name__} crosses and changes with the pictures")
