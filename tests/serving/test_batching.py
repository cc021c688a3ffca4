"""Requests that wait together: who has gone meanwhile hinders nobody else."""

from __future__ import annotations

import threading
from pathlib import Path

from tlcore.serving.batching import WAYS, Batcher, Probabilities


def test_who_has_gone_hinders_nobody_else() -> None:
    busy, free = threading.Semaphore(0), threading.Event()

    def run_batch(folder: Path, copies: list[bytes]) -> list[Probabilities]:
        busy.release()
        assert free.wait(20)
        return [[1.0] for _ in copies]

    batcher = Batcher(run_batch)
    going = [batcher.submit(Path(f"going {number}"), [b"x"]) for number in range(WAYS)]
    for _ in going:
        assert busy.acquire(timeout=20)
    waiting = [batcher.submit(Path(f"waiting {number}"), [b"x"]) for number in range(WAYS)]
    for reply in (*going, *waiting):
        reply.cancel()  # as a request does whose visitor has gone
    free.set()
    assert batcher.submit(Path("last"), [b"x"]).result(timeout=20) == [[1.0]]
