"""Explains a lack of memory in a training to a person. It knows nothing of torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tlcore.errors import TrainingFailed
from tlcore.jobs.memory import ran_out_of_memory


@contextmanager
def memory_errors_explained() -> Iterator[None]:
    """Turn a lack of memory inside the block into TrainingFailed; other errors pass unchanged."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not ran_out_of_memory(error):
            raise
        raise TrainingFailed(
            "There was not enough memory for this training.",
            "Choose a smaller batch size or a smaller model, or let fewer stages learn.",
        ) from error
