"""A lack of memory is recognised by what PyTorch says of it, and nothing else is taken for one."""

from __future__ import annotations

import pytest
import torch

from tlcore.jobs.memory import ran_out_of_memory


def error_of_torch(size: int) -> RuntimeError:
    """What this PyTorch says when so many numbers do not fit."""
    with pytest.raises(RuntimeError) as raised:
        torch.empty(size)
    return raised.value


@pytest.mark.parametrize(
    "problem",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("std::bad_alloc".replace("_", " ")),
    ],
)
def test_a_lack_of_memory_is_recognised(problem: Exception) -> None:
    assert ran_out_of_memory(problem)


def test_what_torch_says_here_is_recognised() -> None:
    assert ran_out_of_memory(error_of_torch(2**48))


def test_other_words_about_memory_are_no_lack_of_it() -> None:
    with pytest.raises(RuntimeError, match="memory location") as raised:
        torch.zeros(1).expand(3).add_(1)
    assert not ran_out_of_memory(raised.value)
    assert not ran_out_of_memory(RuntimeError("unsupported memory format option Preserve"))
