"""What the learning part is fed with, batch by batch: kept tensors, or pictures computed anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn

from tlcore.backbones.engines.precision import autocast

T = TypeVar("T")
A = TypeVar("A")
Kept = tuple[Tensor, ...]
READERS = max(2, min(8, os.cpu_count() or 2))


class Inputs(Protocol):
    """Gives, for each batch of indices into its examples, the tensors that enter the tail."""

    def batches(self, chosen: Iterable[Tensor]) -> Iterator[Kept]:
        """`chosen` holds index tensors (B,); gives float32 tensors (B, …) on the device for each.

        They are float32 however they were computed: what learns chooses a precision of its own.
        """
        ...


class KeptInputs:
    """Kept tensors (N, …) in memory; vectors as float32, so that a batch costs next to nothing."""

    def __init__(self, tensors: Kept, device: torch.device):
        self.tensors = tuple(tensor.float() if tensor.ndim == 2 else tensor for tensor in tensors)
        self.device = device

    def batches(self, chosen: Iterable[Tensor]) -> Iterator[Kept]:
        for indices in chosen:
            yield tuple(on_device(tensor[indices], self.device) for tensor in self.tensors)


class ReadInputs:
    """Kept tensors too large for memory: each batch is read from where they are kept."""

    def __init__(self, read: Callable[[Sequence[int]], Kept], device: torch.device):
        self.read = read
        self.device = device

    def batches(self, chosen: Iterable[Tensor]) -> Iterator[Kept]:
        loaders = (_call(self.read, indices.tolist()) for indices in chosen)
        for kept in ahead(loaders, threads=1):
            yield tuple(on_device(tensor, self.device) for tensor in kept)


class PictureInputs:
    """Pictures read for every batch, and the frozen part computed anew under `no_grad`.

    `read` gives the pixels (C, H, W) of an example by its index, `normalise` prepares a batch of
    them (B, C, H, W) for the backbone; without `prefix` that is what enters the tail.
    """

    def __init__(
        self,
        read: Callable[[int], Tensor],
        normalise: Callable[[Tensor], Tensor],
        prefix: nn.Module | None,
        device: torch.device,
        precision: str,
    ):
        self.read = read
        self.normalise = normalise
        self.prefix = prefix
        self.device = device
        self.precision = precision

    def batches(self, chosen: Iterable[Tensor]) -> Iterator[Kept]:
        loaders = (_call(self._stack, indices.tolist()) for indices in chosen)
        for pixels in ahead(loaders, threads=READERS):
            pictures = on_device(self.normalise(pixels.to(self.device)), self.device)
            yield self._below(pictures)

    @torch.no_grad()
    def _below(self, pictures: Tensor) -> Kept:
        if self.prefix is None:
            return (pictures,)
        self.prefix.eval()
        with autocast(self.device, self.precision):
            kept = self.prefix(pictures)
        return tuple(tensor.float() for tensor in kept)

    def _stack(self, indices: Sequence[int]) -> Tensor:
        return torch.stack([self.read(index) for index in indices])


def on_device(tensor: Tensor, device: torch.device) -> Tensor:
    """A tensor (N, …) as float32 on the device; pictures and maps (N, C, H, W) channels last.

    Convolutions are quickest in that layout.
    """
    moved = tensor.to(device, torch.float32)
    return moved.contiguous(memory_format=torch.channels_last) if moved.ndim == 4 else moved


def ahead(loaders: Iterable[Callable[[], T]], *, threads: int) -> Iterator[T]:
    """Run loaders in threads, a few ahead of whoever takes their results, in order."""
    with ThreadPoolExecutor(threads, thread_name_prefix="pictures") as pool:
        waiting = []
        for loader in loaders:
            waiting.append(pool.submit(loader))
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        while waiting:
            yield waiting.pop(0).result()


def _call(function: Callable[[A], T], argument: A) -> Callable[[], T]:
    return lambda: function(argument)
