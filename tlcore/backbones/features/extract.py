"""Computes and keeps the features that frozen stages give of pictures, once for each picture.

Threads decode the next pictures while the network works on these; nothing waits for the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from tlcore.backbones.engines.folding import folded
from tlcore.backbones.engines.onnx_session import quickest
from tlcore.backbones.engines.precision import autocast
from tlcore.backbones.preprocessing import Preprocessing
from tlcore.images.pixels import load_rgb

BATCH = 32
DECODERS = 2
WORTH_FOLDING = 3 * BATCH  # pictures; with fewer, preparing the network costs what it saves
WORTH_TRACING = 20 * BATCH
AHEAD = 3  # batches that may wait decoded: bounds the memory

Pixels = npt.NDArray[np.uint8]


class FeatureSink(Protocol):
    """Where tensors go that are computed for pictures: a shelf, or several."""

    def missing(self, pictures: Sequence[str]) -> list[str]:
        """Those of `pictures` (hashes) that are not there yet, each once."""

    def add(self, pictures: Sequence[str], tensors: Sequence[Tensor]) -> None:
        """Take in tensors (N, …), one or more, for N pictures (hashes)."""

    def flush(self) -> None:
        """Let nothing wait in memory."""


@dataclass(frozen=True)
class Picture:
    """One picture: its hash, and where its working copy is."""

    sha: str
    path: Path


def read_picture(picture: Picture, preprocessing: Preprocessing) -> Pixels:
    """The pixels (3, H, W), 0–255, that enter the backbone; the same in training and prediction."""
    return preprocessing.picture(load_rgb(picture.path))


def extract(
    prefix: nn.Module,
    pictures: Sequence[Picture],
    preprocessing: Preprocessing,
    sink: FeatureSink,
    *,
    precision: str = "float32",
    read: Callable[[Picture], Pixels] | None = None,
    stop: Callable[[], bool] = lambda: False,
    batch_size: int = BATCH,
) -> Iterator[tuple[int, int]]:
    """Keep the features that `prefix` gives of those of `pictures` that `sink` lacks.

    Yields (done, total) in pictures, (0, total) first; nothing is computed before the next is
    wanted. Ends early, with what is done kept, when `stop()` is true or the iterator is closed.
    `read` replaces `read_picture`, for augmented views: pixels (3, H, W), 0–255. `prefix` runs on
    the device where it is, in evaluation mode.

    Raises:
        PictureRefused: a picture cannot be decoded.
        WorkspaceError: the disk is full.
    """
    todo = _missing(pictures, sink)
    reader = read or (lambda picture: read_picture(picture, preprocessing))
    network = prefix.eval()
    done = 0
    yield done, len(todo)
    try:
        for batch, pixels in _decoded(todo, reader, batch_size):
            if stop():
                return
            if not done:
                network = _prepared(prefix, pixels, preprocessing, precision, len(todo))
            kept = compute_features(network, pixels, preprocessing, precision)
            sink.add([picture.sha for picture in batch], kept)
            done += len(batch)
            yield done, len(todo)
    finally:
        sink.flush()


def _missing(pictures: Sequence[Picture], sink: FeatureSink) -> list[Picture]:
    """The pictures that the sink lacks, each once."""
    missing = set(sink.missing([picture.sha for picture in pictures]))
    return list({picture.sha: picture for picture in pictures if picture.sha in missing}.values())


@torch.inference_mode()
def compute_features(
    prefix: nn.Module, pixels: Tensor, preprocessing: Preprocessing, precision: str = "float32"
) -> tuple[Tensor, ...]:
    """The features of pixels (N, 3, H, W), 0–255: float32 tensors (N, …) on `prefix`'s device."""
    pictures = _entering(prefix, pixels, preprocessing)
    with autocast(pictures.device, precision):
        kept = prefix(pictures)
    return tuple(tensor.float() for tensor in kept)


@torch.no_grad()
def _prepared(
    prefix: nn.Module, pixels: Tensor, preprocessing: Preprocessing, precision: str, count: int
) -> nn.Module:
    """What computes the same as `prefix`, as quickly as is worth it for `count` pictures.

    It is tried with pixels (N, 3, H, W), 0–255.
    """
    if count < WORTH_FOLDING:
        return prefix
    entering = _entering(prefix, pixels, preprocessing)
    if count < WORTH_TRACING:
        return folded(prefix, entering)
    return quickest(prefix, entering, precision)


def _entering(prefix: nn.Module, pixels: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Pixels (N, 3, H, W), 0–255, as `prefix` takes them: float32, normalised, on its device."""
    parameter = next(prefix.parameters(), None)
    where = parameter.device if parameter is not None else pixels.device
    pictures = preprocessing.normalise(pixels.to(where, non_blocking=True))
    return pictures.contiguous(memory_format=torch.channels_last)


def _decoded(
    pictures: Sequence[Picture], read: Callable[[Picture], Pixels], batch_size: int
) -> Iterator[tuple[Sequence[Picture], Tensor]]:
    """Batches with their pixels (N, 3, H, W), decoded ahead by threads, in order."""
    batches = [pictures[i : i + batch_size] for i in range(0, len(pictures), batch_size)]
    pool = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
    try:
        waiting: deque[list[Future[Pixels]]] = deque()
        for position, batch in enumerate(batches):
            while len(waiting) < AHEAD and position + len(waiting) < len(batches):
                following = batches[position + len(waiting)]
                waiting.append([pool.submit(read, picture) for picture in following])
            pixels = np.stack([future.result() for future in waiting.popleft()])
            yield batch, torch.from_numpy(pixels)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
