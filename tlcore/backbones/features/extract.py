"""Computes and keeps what the frozen stages say about pictures: each is looked at once.

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


class Keeper(Protocol):
    """Where tensors go that are computed for pictures: a shelf, or several."""

    def missing(self, pictures: Sequence[str]) -> list[str]: ...

    def add(self, pictures: Sequence[str], tensors: Sequence[Tensor]) -> None: ...

    def flush(self) -> None: ...


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
    shelf: Keeper,
    *,
    precision: str = "float32",
    read: Callable[[Picture], Pixels] | None = None,
    stop: Callable[[], bool] = lambda: False,
    batch_size: int = BATCH,
) -> Iterator[tuple[int, int]]:
    """Keep what `prefix` says about those of `pictures` that `shelf` lacks.

    Yields (done, total) in pictures, (0, total) first; nothing is computed before it is asked for.
    Ends early, with what is done kept, when `stop()` is true or the iterator is closed. `read`
    replaces `read_picture`, for augmented views. `prefix` runs on the device where it is, in
    evaluation mode.

    Raises:
        PictureRefused: a picture cannot be decoded.
        WorkspaceError: the disk is full.
    """
    missing = set(shelf.missing([picture.sha for picture in pictures]))
    todo = list({one.sha: one for one in pictures if one.sha in missing}.values())
    reader = read or (lambda picture: read_picture(picture, preprocessing))
    prefix.eval()
    looking = prefix
    done = 0
    yield done, len(todo)
    try:
        for batch, pixels in _decoded(todo, reader, batch_size):
            if stop():
                return
            if not done:
                looking = _prepared(prefix, pixels, preprocessing, precision, len(todo))
            kept = compute_features(looking, pixels, preprocessing, precision)
            shelf.add([picture.sha for picture in batch], kept)
            done += len(batch)
            yield done, len(todo)
    finally:
        shelf.flush()


@torch.inference_mode()
def compute_features(
    prefix: nn.Module, pixels: Tensor, preprocessing: Preprocessing, precision: str = "float32"
) -> tuple[Tensor, ...]:
    """What `prefix` says about pixels (N, 3, H, W), 0–255: float32 tensors (N, …) on its device."""
    pictures = _entering(prefix, pixels, preprocessing)
    with autocast(pictures.device, precision):
        kept = prefix(pictures)
    return tuple(tensor.float() for tensor in kept)


@torch.no_grad()
def _prepared(
    prefix: nn.Module, pixels: Tensor, preprocessing: Preprocessing, precision: str, count: int
) -> nn.Module:
    """What says the same as `prefix`, as quickly as is worth it for so many pictures."""
    if count < WORTH_FOLDING:
        return prefix
    entering = _entering(prefix, pixels, preprocessing)
    if count < WORTH_TRACING:
        return folded(prefix, entering)
    return quickest(prefix, entering, precision)


def _entering(prefix: nn.Module, pixels: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Pixels as `prefix` takes them: normalised, where it is, channels last in memory."""
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
