"""Answers for pictures that came over a network: decoded here, looked at in the request worker.

Shared by the HTTP API and the page of a share link. No torch here.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import anyio.to_thread

from tlcore.classifier.manifest import MANIFEST_NAME, Manifest, read_manifest
from tlcore.errors import PictureRefused
from tlcore.serving.batching import Batcher, Row
from tlcore.serving.uploads import Received, working_copy_of

TASK = "tlcore.serving.tasks:answer_task"
PATIENCE = 60.0  # seconds
DECODED_AT_ONCE = 3


class Engine(Protocol):
    """What answers: the local engine, or anything that can be asked like it."""

    def ask(
        self, function: str, payload: dict[str, Any], *, timeout: float = ...
    ) -> dict[str, Any]: ...


class Answering:
    """Answers of any classifier folder, batched. `engine` is called when it is first needed."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._batcher = Batcher(self._ask)
        self._limiter: anyio.CapacityLimiter | None = None

    async def answer(self, folder: Path, pictures: Sequence[Received]) -> list[dict[str, Any]]:
        """One entry per picture: label, probability, declined and probabilities, or `refused`.

        Raises:
            GraftError: there is no sound classifier, or no answer.
        """
        manifest = manifest_of(folder)
        copies = await asyncio.gather(*(self._decoded(one) for one in pictures))
        good = [copy for copy in copies if isinstance(copy, bytes)]
        rows: list[Row] = []
        if good:
            rows = await asyncio.wrap_future(self._batcher.submit(folder, good))
        answers = iter(rows)
        return [
            {
                "file": one.name,
                **(
                    _said(manifest, next(answers))
                    if isinstance(copy, bytes)
                    else {"refused": copy.message, "remedy": copy.remedy, "reason": copy.reason}
                ),
            }
            for one, copy in zip(pictures, copies, strict=True)
        ]

    async def _decoded(self, one: Received) -> bytes | PictureRefused:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(DECODED_AT_ONCE)
        try:
            return await anyio.to_thread.run_sync(working_copy_of, one, limiter=self._limiter)
        except PictureRefused as error:
            return error

    def _ask(self, folder: Path, copies: list[bytes]) -> list[Row]:
        payload = {
            "classifier": str(folder),
            "copies": [base64.b64encode(copy).decode("ascii") for copy in copies],
        }
        rows: list[Row] = self._engine().ask(TASK, payload, timeout=PATIENCE)["rows"]
        return rows


def manifest_of(folder: Path) -> Manifest:
    """The manifest as it is now, read again only when it was written anew.

    Raises ClassifierInvalid.
    """
    try:
        written = (folder / MANIFEST_NAME).stat().st_mtime_ns
    except OSError:
        return read_manifest(folder)  # says what is wrong
    return _read(folder, written)


@lru_cache(maxsize=16)
def _read(folder: Path, written: int) -> Manifest:
    return read_manifest(folder)


def _said(manifest: Manifest, row: Row) -> dict[str, Any]:
    best = max(range(len(row)), key=row.__getitem__)
    return {
        "label": manifest.labels[best],
        "probability": row[best],
        "declined": row[best] < manifest.threshold,
        "probabilities": dict(zip(manifest.labels, row, strict=True)),
    }
