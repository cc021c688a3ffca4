"""Inputs give the right tensors for the right indices, in order, whatever thread reads them."""

from __future__ import annotations

import time

import torch
from torch import nn

from tlcore.training.inputs.batches import KeptInputs, PictureInputs, ReadInputs, ahead

CPU = torch.device("cpu")
BATCHES = torch.tensor([5, 0, 3, 2, 1, 4]).split(4)


def test_kept_and_read_inputs_agree_and_are_float32() -> None:
    maps, vectors = torch.randn(6, 3, 2, 2).half(), torch.randn(6, 4).half()
    kept = KeptInputs((maps, vectors), CPU)
    read = ReadInputs(lambda chosen: (maps[list(chosen)], vectors[list(chosen)]), CPU)
    for held, loaded, indices in zip(
        kept.batches(BATCHES), read.batches(BATCHES), BATCHES, strict=True
    ):
        assert all(torch.equal(a, b) for a, b in zip(held, loaded, strict=True))
        assert torch.equal(held[0], maps[indices].float())
        assert held[0].dtype == held[1].dtype == torch.float32
        assert held[0].is_contiguous(memory_format=torch.channels_last)


def test_pictures_are_read_normalised_and_pass_the_frozen_part() -> None:
    class Prefix(nn.Module):
        def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return (pictures.mean((2, 3)), pictures)

    prefix = Prefix().train()
    read = PictureInputs(
        lambda index: torch.full((3, 2, 2), index, dtype=torch.uint8),
        lambda batch: batch.float() / 10,
        prefix,
        CPU,
        "float32",
    )
    pooled, pictures = next(iter(read.batches(BATCHES)))
    assert pooled[:, 0].tolist() == torch.tensor([0.5, 0, 0.3, 0.2]).tolist()
    assert pictures.shape == (4, 3, 2, 2)
    assert not prefix.training


def test_pictures_computed_in_bfloat16_reach_what_learns_as_float32() -> None:
    """What learns may run in float32, and then takes nothing else."""

    class Prefix(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)

        def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return (self.conv(pictures),)

    inputs = PictureInputs(
        lambda index: torch.full((3, 2, 2), index, dtype=torch.uint8),
        lambda batch: batch.float() / 10,
        Prefix(),
        CPU,
        "bfloat16",
    )
    (maps,) = next(iter(inputs.batches(BATCHES)))
    assert maps.dtype == torch.float32
    nn.Conv2d(4, 2, 1)(maps)


def test_ahead_keeps_the_order() -> None:
    def loader(number: int) -> int:
        time.sleep(0.01 * (number % 3 == 0))
        return number

    loaders = [lambda n=n: loader(n) for n in range(20)]
    assert list(ahead(loaders, threads=3)) == list(range(20))


def test_an_error_in_a_thread_reaches_who_takes() -> None:
    loaders = [lambda: 1, lambda: 1 // 0]
    results = []
    try:
        results.extend(ahead(loaders, threads=2))
    except ZeroDivisionError:
        results.append(-1)
    assert results[-1] == -1
