"""Pictures that come together are predicted together: one pass of the network for all of them.

Nobody waits for company. While the process that predicts is at work, whatever comes is gathered,
and goes to it as one batch as soon as it is free.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

Probabilities = list[float]  # (labels,)
# classifier folder and working copies → probabilities, a row for each copy
RunBatch = Callable[[Path, list[bytes]], list[Probabilities]]

MOST = 32  # pictures in one pass
WAYS = 2  # batches on their way at once: one is prepared while the other is computed


@dataclass
class _Request:
    folder: Path
    copies: Sequence[bytes]
    reply: Future[list[Probabilities]] = field(default_factory=Future)


class Batcher:
    """Gathers the pictures of many threads. `run_batch` is called from its own threads."""

    def __init__(self, run_batch: RunBatch) -> None:
        self._run_batch = run_batch
        self._waiting: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._postponed: list[_Request] = []  # for the next batch; guarded by the lock
        self._gathering = threading.Lock()
        self._starting = threading.Lock()
        self._started = False

    def submit(self, folder: Path, copies: Sequence[bytes]) -> Future[list[Probabilities]]:
        """One row of probabilities (labels,) for each working copy, when it is ready."""
        self._start()
        request = _Request(folder, copies)
        self._waiting.put(request)
        return request.reply

    def _start(self) -> None:
        with self._starting:
            if not self._started:
                self._started = True
                for number in range(WAYS):
                    name = f"batches-{number}"
                    threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._gathering:
                gathered = self._gather()
            # Whoever has gone meanwhile (a request that was cancelled) takes no reply any more.
            batch = [
                request for request in gathered if request.reply.set_running_or_notify_cancel()
            ]
            if batch:
                self._reply(batch)

    def _reply(self, batch: Sequence[_Request]) -> None:
        """Run a batch of one classifier, and hand each request its rows or what went wrong."""
        copies = [copy for request in batch for copy in request.copies]
        try:
            rows = self._run_batch(batch[0].folder, copies)
            if len(rows) != len(copies):
                raise RuntimeError(f"{len(rows)} predictions for {len(copies)} pictures")
        except BaseException as error:  # noqa: BLE001 - whoever waits for the reply hears of it
            for request in batch:
                request.reply.set_exception(error)
            return
        at = 0
        for request in batch:
            request.reply.set_result(rows[at : at + len(request.copies)])
            at += len(request.copies)

    def _gather(self) -> list[_Request]:
        """The next request, and all that wait behind it for the same classifier and fit."""
        batch = [self._postponed.pop(0) if self._postponed else self._waiting.get()]
        pictures = len(batch[0].copies)
        others: list[_Request] = []
        while pictures < MOST:
            try:
                request = self._postponed.pop(0) if self._postponed else self._waiting.get_nowait()
            except queue.Empty:
                break
            if request.folder == batch[0].folder and pictures + len(request.copies) <= MOST:
                batch.append(request)
                pictures += len(request.copies)
            else:
                others.append(request)
        self._postponed = others + self._postponed
        return batch
