"""Predictions for pictures that came over a network: decoded here, computed by the request worker.

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
from tlcore.serving.batching import Batcher, Probabilities
from tlcore.serving.uploads import Upload, working_copy_of

TASK = "tlcore.serving.tasks:predict_copies_task"
PATIENCE = 60.0  # seconds
DECODED_AT_ONCE = 3


class Engine(Protocol):
    """What runs a task and returns its result: the local engine, or anything that does the same."""

    def ask(
        self, function: str, payload: dict[str, Any], *, timeout: float = ...
    ) -> dict[str, Any]: ...


class PredictionService:
    """Predicts with any classifier folder, batched. `engine` is called when it is first needed."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._batcher = Batcher(self._run_batch)
        self._limiter: anyio.CapacityLimiter | None = None

    async def predict(self, folder: Path, uploads: Sequence[Upload]) -> list[dict[str, Any]]:
        """One entry per picture: label, probability, declined and probabilities, or `refused`.

        Raises:
            GraftError: there is no sound classifier, or no prediction came back.
        """
        manifest = manifest_of(folder)
        copies = await asyncio.gather(*(self._copy(upload) for upload in uploads))
        good = [copy for copy in copies if isinstance(copy, bytes)]
        probabilities: list[Probabilities] = []
        if good:
            probabilities = await asyncio.wrap_future(self._batcher.submit(folder, good))
        rows = iter(probabilities)
        return [
            {
                "file": upload.name,
                **(
                    _prediction(manifest, next(rows))
                    if isinstance(copy, bytes)
                    else {"refused": copy.message, "remedy": copy.remedy, "reason": copy.reason}
                ),
            }
            for upload, copy in zip(uploads, copies, strict=True)
        ]

    async def _copy(self, upload: Upload) -> bytes | PictureRefused:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(DECODED_AT_ONCE)
        try:
            return await anyio.to_thread.run_sync(working_copy_of, upload, limiter=self._limiter)
        except PictureRefused as error:
            return error

    def _run_batch(self, folder: Path, copies: list[bytes]) -> list[Probabilities]:
        """Working copies of one classifier → a row of probabilities (labels,) for each."""
        payload = {
            "classifier": str(folder),
            "copies": [base64.b64encode(copy).decode("ascii") for copy in copies],
        }
        rows: list[Probabilities] = self._engine().ask(TASK, payload, timeout=PATIENCE)["rows"]
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


def _prediction(manifest: Manifest, row: Probabilities) -> dict[str, Any]:
    """What the caller gets for a picture with these probabilities (labels,)."""
    best = max(range(len(row)), key=row.__getitem__)
    return {
        "label": manifest.labels[best],
        "probability": row[best],
        "declined": row[best] < manifest.threshold,
        "probabilities": dict(zip(manifest.labels, row, strict=True)),
    }
