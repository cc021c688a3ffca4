"""Tells a lack of memory from other errors: PyTorch has no class of its own for it on the CPU."""

from __future__ import annotations

SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "bad alloc")


def ran_out_of_memory(problem: BaseException) -> bool:
    """Whether an error says that memory, the computer's or a GPU's, was not enough.

    Only whole phrases count: PyTorch also speaks of memory formats and of memory layouts.
    """
    words = str(problem).lower()
    return isinstance(problem, MemoryError) or any(sign in words for sign in SIGNS)
