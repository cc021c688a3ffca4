"""Questions that come together are answered together: one pass of the network for all of them.

Nobody waits for company. While the request worker is at work, whatever comes is gathered, and goes
to it as one batch as soon as it is free.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

Row = list[float]
Ask = Callable[[Path, list[bytes]], list[Row]]  # classifier folder and working copies → answers

MOST = 32  # pictures in one pass
WAYS = 2  # batches on their way at once: one is prepared while the other is computed


@dataclass
class _Waiting:
    folder: Path
    copies: Sequence[bytes]
    answer: Future[list[Row]] = field(default_factory=Future)


class Batcher:
    """Gathers questions of many threads. `ask` is called from its own threads."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._kept: list[_Waiting] = []  # for the next batch; guarded by the lock
        self._gathering = threading.Lock()
        self._starting = threading.Lock()
        self._started = False

    def submit(self, folder: Path, copies: Sequence[bytes]) -> Future[list[Row]]:
        """One row of probabilities for each working copy, when it is ready."""
        self._start()
        one = _Waiting(folder, copies)
        self._waiting.put(one)
        return one.answer

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
            # Whoever has gone meanwhile (a request that was cancelled) takes no answer any more.
            batch = [one for one in gathered if one.answer.set_running_or_notify_cancel()]
            if not batch:
                continue
            copies = [copy for one in batch for copy in one.copies]
            try:
                rows = self._ask(batch[0].folder, copies)
                if len(rows) != len(copies):
                    raise RuntimeError(f"{len(rows)} answers for {len(copies)} pictures")
            except BaseException as error:  # noqa: BLE001 - whoever asked hears of it
                for one in batch:
                    one.answer.set_exception(error)
                continue
            at = 0
            for one in batch:
                one.answer.set_result(rows[at : at + len(one.copies)])
                at += len(one.copies)

    def _gather(self) -> list[_Waiting]:
        """The next question, and all that wait behind it for the same classifier and fit."""
        batch = [self._kept.pop(0) if self._kept else self._waiting.get()]
        pictures = len(batch[0].copies)
        others: list[_Waiting] = []
        while pictures < MOST:
            try:
                one = self._kept.pop(0) if self._kept else self._waiting.get_nowait()
            except queue.Empty:
                break
            if one.folder == batch[0].folder and pictures + len(one.copies) <= MOST:
                batch.append(one)
                pictures += len(one.copies)
            else:
                others.append(one)
        self._kept = others + self._kept
        return batch
