"""Files of kept features: one block of numbers and one small index each. It knows nothing of torch.

A shard is written whole and never changed. Its index is written last, so a block without an index
is a leftover of a crash. Each row holds the numbers of one picture, tensor after tensor.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tlcore.workspace.files import UNFINISHED, replacing, write_json

VERSION = 1
BLOCK, INDEX = ".bin", ".json"
ABANDONED_AFTER = 600.0  # seconds after which a block without index belongs to nobody
DTYPES = ("float16", "float32")

Rows = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Shard:
    """One finished shard: `pictures` in the order of its rows; `shapes` of the tensors in a row."""

    folder: Path
    name: str
    pictures: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    dtype: str

    @property
    def block(self) -> Path:
        return self.folder / (self.name + BLOCK)

    @property
    def index(self) -> Path:
        return self.folder / (self.name + INDEX)

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return row_width(self.shapes)

    @property
    def bytes(self) -> int:
        return len(self.pictures) * self.width * np.dtype(self.dtype).itemsize

    def open(self) -> Rows:
        """The rows (pictures, numbers), mapped from disk."""
        shape = (len(self.pictures), self.width)
        return np.memmap(self.block, dtype=self.dtype, mode="r", shape=shape)

    def touch(self) -> None:
        """Note that it was used now: those unused for longest are dropped first."""
        try:
            os.utime(self.index)
        except OSError:  # dropped by another process, or a disk that cannot be written
            return

    def used(self) -> float:
        """When it was last used, a Unix time; 0 when it is gone."""
        try:
            return self.index.stat().st_mtime
        except OSError:
            return 0.0

    def drop(self) -> int:
        """Delete it; the bytes that came free. Where the block is mapped (Windows), they wait."""
        try:
            self.index.unlink(missing_ok=True)
            self.block.unlink(missing_ok=True)
        except OSError:  # still mapped by some process: swept away at a later start
            return 0
        return self.bytes


def row_width(shapes: tuple[tuple[int, ...], ...]) -> int:
    """Numbers in a row that holds a tensor of each of these shapes."""
    return sum(int(np.prod(shape)) for shape in shapes)


def write(
    folder: Path, pictures: tuple[str, ...], shapes: tuple[tuple[int, ...], ...], rows: Rows
) -> Shard:
    """Write rows (pictures, numbers) as a shard. It can be made again: nothing waits for the disk.

    Raises OSError when the disk is full or cannot be written.
    """
    shard = Shard(folder, uuid.uuid4().hex, pictures, shapes, str(rows.dtype))
    with replacing(shard.block, sync=False) as unfinished, unfinished.open("wb") as file:
        rows.tofile(file)
    _write_index(shard)
    return shard


def _write_index(shard: Shard) -> None:
    content = {
        "version": VERSION,
        "dtype": shard.dtype,
        "shapes": shard.shapes,
        "pictures": shard.pictures,
    }
    write_json(shard.index, content, sync=False)


def read(index: Path) -> Shard | None:
    """The shard of an index file; None where it is damaged or of another version."""
    try:
        content = json.loads(index.read_text(encoding="utf-8"))
        shapes = tuple(tuple(int(side) for side in shape) for shape in content["shapes"])
        pictures = tuple(str(picture) for picture in content["pictures"])
        shard = Shard(index.parent, index.stem, pictures, shapes, str(content["dtype"]))
        sound = content["version"] == VERSION and shard.dtype in DTYPES
        return shard if sound and shard.block.stat().st_size == shard.bytes else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find(folder: Path) -> list[Shard]:
    """All sound shards of a folder, oldest first."""
    shards = (read(index) for index in sorted(folder.glob(f"*{INDEX}")))
    return sorted((shard for shard in shards if shard is not None), key=Shard.used)


def sweep(folder: Path) -> None:
    """Delete what belongs to no shard: leftovers of crashes, blocks that could not go before."""
    before = time.time() - ABANDONED_AFTER
    for path in folder.iterdir():
        if path.suffix == UNFINISHED or (
            path.suffix == BLOCK and not path.with_suffix(INDEX).exists()
        ):
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
            except OSError:  # gone already, or still mapped
                continue
