"""What crosses a cut: tensors that are kept for each picture, and values that are made again.

Besides tensors with one row per picture, sizes and fixed tables may cross. They are told apart by
running the prefix on two and on three pictures: what follows the number of pictures is rebuilt from
it, what stays the same is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tlcore.backbones.tracing import CutImpossible


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


def cross(two: Sequence[Any], three: Sequence[Any]) -> tuple[Crossing, ...]:
    """Compare what crosses for two and for three pictures.

    Raises:
        CutImpossible: something cannot be kept or made again, or nothing is left to keep.
    """
    crossings = tuple(_crossing(a, b) for a, b in zip(two, three, strict=True))
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


def same(first: Sequence[Crossing], second: Sequence[Crossing]) -> bool:
    """True where both keep tensors of the same shapes in the same order."""
    return [(c.kept, c.shape, c.folded) for c in first] == [
        (c.kept, c.shape, c.folded) for c in second
    ]


def _crossing(two: Any, three: Any) -> Crossing:
    if not isinstance(two, torch.Tensor):
        return Crossing(kept=False, make=_maker(two, three))
    if two.shape == three.shape and torch.equal(two, three):
        constant = two.detach().clone()
        return Crossing(kept=False, make=lambda _: constant)
    if not two.is_floating_point() or two.ndim == 0 or two.shape[1:] != three.shape[1:]:
        raise CutImpossible(f"cannot keep {tuple(two.shape)} {two.dtype}")
    factor, rest = divmod(len(two), 2)
    if rest or len(three) != 3 * factor:
        raise CutImpossible(f"{len(two)} rows for two pictures, {len(three)} for three")
    if factor == 1:
        return Crossing(kept=True, shape=tuple(two.shape[1:]))
    return Crossing(kept=True, shape=(factor, *two.shape[1:]), folded=True)


def _maker(two: Any, three: Any) -> Callable[[int], Any]:
    """A function of the number of pictures that gives `two` for 2 and `three` for 3."""
    if isinstance(two, (tuple, list)) and isinstance(three, (tuple, list)):
        if len(two) != len(three) or any(isinstance(v, torch.Tensor) for v in (*two, *three)):
            raise CutImpossible("a list of changing length or of tensors crosses")
        makers = [_maker(a, b) for a, b in zip(two, three, strict=True)]
        return lambda count: tuple(make(count) for make in makers)
    if type(two) is int and type(three) is int and two != three:
        factor, rest = divmod(two, 2)
        if rest or three != 3 * factor:
            raise CutImpossible(f"a number crosses that is {two} for two pictures, {three} for three")
        return lambda count: factor * count
    if two == three:
        return lambda _: two
    raise CutImpossible(f"{type(two).__name__} crosses and changes with the pictures")
