"""Keeps the features that frozen stages give: on disk, in half precision, within a budget.

A shelf holds the kept tensors of one backbone, cut, view, size and precision, by picture hash. It
outlives the run. Several processes may read and write the same store; a shelf that is open is
pinned, and among the others the shards unused for longest go first.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from tlcore.backbones.features import pins, shards
from tlcore.backbones.features.shards import Shard
from tlcore.errors import WorkspaceError
from tlcore.workspace.files import write_json

GIGABYTE = 1_000_000_000
MOST_BYTES = 10 * GIGABYTE
SHARE_OF_FREE = 5
SHARD_BYTES = 64_000_000
SHARD_SECONDS = 5.0
BYTES_PER_VALUE = 2
LARGEST_HALF = 65504.0
KEY_NAME = "key.txt"


@dataclass(frozen=True)
class FeatureKey:
    """What a shelf holds. `cut` is the first stage above the cut; `view` names an augmentation."""

    backbone: str
    cut: int
    view: str
    size: tuple[int, ...]
    precision: str

    @property
    def digest(self) -> str:
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class FeatureStore:
    """A folder of shelves that together stay within a budget of bytes.

    The budget is by default the smaller of 10 GB and a fifth of what is free on the disk, what the
    store itself holds counted as free.
    """

    def __init__(self, folder: Path, budget_bytes: int | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(str(folder / "store.lock"))
        with self._lock:
            for shelf in self._shelves():
                shards.sweep(shelf)
        self.budget = self._default_budget() if budget_bytes is None else budget_bytes

    def open(self, key: FeatureKey) -> Shelf:
        """The shelf for `key`, pinned until it is closed or no longer referred to."""
        folder = self.folder / key.digest
        with self._lock:
            folder.mkdir(parents=True, exist_ok=True)
            write_json(folder / KEY_NAME, asdict(key), indent=1, sync=False)
            pin = pins.set_pin(folder)
        return Shelf(self, folder, pin)

    def bytes(self) -> int:
        """Bytes of all shards."""
        return sum(shard.bytes for shelf in self._shelves() for shard in shards.find(shelf))

    def estimate(self, shapes: Sequence[Sequence[int]], pictures: int) -> int:
        """Bytes that `pictures` pictures will take; `shapes` are those of one picture's tensors."""
        width = shards.row_width(tuple(tuple(shape) for shape in shapes))
        return BYTES_PER_VALUE * width * pictures

    def fits(self, needed: int) -> bool:
        """Whether `needed` bytes find room, with all dropped that no other process has pinned."""
        pinned = [shelf for shelf in self._shelves() if pins.pinned(shelf, elsewhere=True)]
        held = sum(shard.bytes for shelf in pinned for shard in shards.find(shelf))
        return needed <= self.budget - held

    def make_room(self, needed: int) -> None:
        """Drop what was unused for longest and is not pinned, until `needed` bytes fit.

        What is pinned stays, even if the budget is then exceeded: ask `fits` before a run.
        """
        with self._lock:
            content = [(shelf, shards.find(shelf)) for shelf in self._shelves()]
            excess = sum(s.bytes for _, held in content for s in held) + needed - self.budget
            free = [s for shelf, held in content if not pins.pinned(shelf) for s in held]
            for shard in sorted(free, key=Shard.used):
                if excess <= 0:
                    return
                excess -= shard.drop()

    def clear(self) -> None:
        """Drop everything that is not pinned."""
        with self._lock:
            for shelf in self._shelves():
                if not pins.pinned(shelf):
                    shutil.rmtree(shelf, ignore_errors=True)

    def _shelves(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if path.is_dir()]

    def _default_budget(self) -> int:
        free = shutil.disk_usage(self.folder).free
        return min(MOST_BYTES, (free + self.bytes()) // SHARE_OF_FREE)


class Shelf:
    """The kept tensors of one key. Safe to use from several threads; close it, or let it go."""

    def __init__(self, store: FeatureStore, folder: Path, pin: Path) -> None:
        self.store = store
        self.folder = folder
        self._guard = threading.RLock()
        self._places: dict[str, tuple[Shard, int]] = {}
        self._maps: dict[str, shards.Rows] = {}
        self._waiting: list[tuple[tuple[str, ...], tuple[tuple[int, ...], ...], shards.Rows]] = []
        self._waiting_since = 0.0
        self._unpin = weakref.finalize(self, pins.unset_pin, pin)
        self._find()

    def missing(self, pictures: Sequence[str]) -> list[str]:
        """Those of `pictures` (hashes) that are not kept yet, in order, each once."""
        with self._guard:
            waiting = {picture for names, _, _ in self._waiting for picture in names}
            return [
                p for p in dict.fromkeys(pictures) if p not in self._places and p not in waiting
            ]

    def add(self, pictures: Sequence[str], tensors: Sequence[Tensor]) -> None:
        """Keep `tensors`, each (N, …), for N pictures. They reach the disk in large pieces.

        Raises:
            WorkspaceError: the disk is full or cannot be written.
        """
        shapes = tuple(tuple(tensor.shape[1:]) for tensor in tensors)
        rows = np.concatenate([_flat(tensor) for tensor in tensors], axis=1)
        if len(rows) != len(pictures):
            raise ValueError(f"{len(rows)} rows for {len(pictures)} pictures")
        with self._guard:
            if not self._waiting:
                self._waiting_since = time.monotonic()
            self._waiting.append((tuple(pictures), shapes, _halved(rows)))
            size = sum(rows.nbytes for _, _, rows in self._waiting)
            if size >= SHARD_BYTES or time.monotonic() - self._waiting_since > SHARD_SECONDS:
                self.flush()

    def flush(self) -> None:
        """Write what waits in memory. Raises WorkspaceError."""
        with self._guard:
            waiting, self._waiting = self._waiting, []
            for names, shapes, rows in _joined(waiting):
                self.store.make_room(rows.nbytes)
                try:
                    shard = shards.write(self.folder, names, shapes, rows)
                except OSError as error:
                    raise WorkspaceError(
                        f"What was computed could not be kept: {error.strerror or error}.",
                        "Make room on the disk, then start again.",
                    ) from error
                self._add_places(shard)

    def read(self, pictures: Sequence[str]) -> tuple[Tensor, ...]:
        """The kept tensors (N, …) of N pictures, in their order, in memory of their own.

        float16, or float32 where values do not fit half precision.

        Raises:
            KeyError: a picture is not kept.
        """
        with self._guard:
            self.flush()
            places = [self._places[picture] for picture in pictures]
            if not places:
                raise KeyError("no pictures were requested")
            shapes = places[0][0].shapes
            dtype = np.result_type(*{shard.dtype for shard, _ in places})
            rows = np.empty((len(places), shards.row_width(shapes)), dtype=dtype)
            for shard in {shard.name: shard for shard, _ in places}.values():
                chosen = [i for i, place in enumerate(places) if place[0].name == shard.name]
                rows[chosen] = self._rows(shard)[[places[i][1] for i in chosen]]
        return _tensors(rows, shapes)

    def close(self) -> None:
        """Write what waits, let the files go and end the pin."""
        with self._guard:
            self.flush()
            self._maps.clear()
            self._unpin()

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find(self) -> None:
        for shard in shards.find(self.folder):
            self._add_places(shard)

    def _add_places(self, shard: Shard) -> None:
        for row, picture in enumerate(shard.pictures):
            self._places[picture] = (shard, row)

    def _rows(self, shard: Shard) -> shards.Rows:
        """The rows (pictures, numbers) of a shard, mapped once."""
        if shard.name not in self._maps:
            self._maps[shard.name] = shard.open()
            shard.touch()
        return self._maps[shard.name]


def _flat(tensor: Tensor) -> shards.Rows:
    """(N, …) → (N, numbers) as float32 in memory."""
    flat = tensor.detach().to("cpu", torch.float32).flatten(1)
    rows: shards.Rows = flat.contiguous().numpy()
    return rows


def _halved(rows: shards.Rows) -> shards.Rows:
    """Rows (N, numbers) in half precision where all fit, else as they are: none may be infinite."""
    largest = float(np.abs(rows).max(initial=0.0))
    return rows.astype(np.float16) if largest <= LARGEST_HALF else rows


def _joined(
    waiting: Sequence[tuple[tuple[str, ...], tuple[tuple[int, ...], ...], shards.Rows]],
) -> list[tuple[tuple[str, ...], tuple[tuple[int, ...], ...], shards.Rows]]:
    """Pieces, rows (N, numbers), of equal precision and shapes as one each."""
    together: dict[tuple[str, tuple[tuple[int, ...], ...]], list[int]] = {}
    for i, (_, shapes, rows) in enumerate(waiting):
        together.setdefault((str(rows.dtype), shapes), []).append(i)
    return [
        (
            tuple(name for i in chosen for name in waiting[i][0]),
            shapes,
            np.concatenate([waiting[i][2] for i in chosen]),
        )
        for (_, shapes), chosen in together.items()
    ]


def _tensors(rows: shards.Rows, shapes: Sequence[tuple[int, ...]]) -> tuple[Tensor, ...]:
    """(N, numbers) → a tensor (N, *shape) for each shape."""
    widths = [int(np.prod(shape)) for shape in shapes]
    parts = torch.split(torch.from_numpy(rows), widths, dim=1)
    return tuple(part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True))
