"""The pictures to learn from: a parquet file or any folder, as one array of small squares."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
VALIDATION_FOLDERS = {"val", "valid", "validation", "test"}


@dataclass(frozen=True)
class Pictures:
    """Square RGB pictures, uint8 (N, side, side, 3), their labels (-1: none) and who validates."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    validation: NDArray[np.bool_]
    fingerprint: str

    @property
    def side(self) -> int:
        """Pixels along one side."""
        return int(self.pixels.shape[1])

    @property
    def classes(self) -> int:
        """Number of labels (0 where the pictures have none)."""
        return int(self.labels.max(initial=-1)) + 1


@dataclass(frozen=True)
class _Entry:
    read: Callable[[], bytes]
    label: int
    validation: bool


def prepare(source: Path, work: Path, side: int) -> Pictures:
    """Decode `source` once into `work`, then read it from there.

    A parquet file has the columns `image` (encoded bytes), `label` (integer) and `split`
    ("train" or other). A folder has one subfolder per label, below `train/` and `val/` or not;
    pictures lying loose have no label and serve as unlabelled material.
    """
    fingerprint = _fingerprint(source, side)
    folder = work / f"pictures-{fingerprint}"
    if not (folder / "done.json").exists():
        _decode_all(source, folder, side)
    return Pictures(
        np.load(folder / "pixels.npy", mmap_mode="r"),
        np.load(folder / "labels.npy"),
        np.load(folder / "validation.npy"),
        fingerprint,
    )


def _fingerprint(source: Path, side: int) -> str:
    """Of names and sizes, not times or places: teachers' outputs still fit after a move."""
    files = [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file())
    stamp = hashlib.sha256(str(side).encode())
    for path in files:
        name = path.name if path == source else path.relative_to(source).as_posix()
        stamp.update(f"|{name}:{path.stat().st_size}".encode())
    return stamp.hexdigest()[:12]


def _decode_all(source: Path, folder: Path, side: int) -> None:
    entries = list(_from_parquet(source) if source.is_file() else _from_folder(source))
    if not entries:
        raise SystemExit(
            f"{source}: no picture found. Give a parquet file or a folder of pictures."
        )
    with ThreadPoolExecutor() as pool:
        squares = list(pool.map(lambda entry: square(entry.read(), side), entries))
    kept = [(s, e) for s, e in zip(squares, entries, strict=True) if s is not None]
    if len(kept) < len(entries):
        print(f"{len(entries) - len(kept)} files could not be read as pictures and are left out.")
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "pixels.npy", np.stack([s for s, _ in kept]))
    np.save(folder / "labels.npy", np.array([e.label for _, e in kept], dtype=np.int64))
    np.save(folder / "validation.npy", np.array([e.validation for _, e in kept]))
    done = {"source": source.name, "side": side, "pictures": len(kept)}
    (folder / "done.json").write_text(json.dumps(done), encoding="utf-8")


def square(data: bytes, side: int) -> NDArray[np.uint8] | None:
    """The middle square of an encoded picture at `side` pixels, or None where it is unreadable."""
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
    except (UnidentifiedImageError, OSError):
        return None
    short = min(picture.size)
    left, top = (picture.width - short) / 2, (picture.height - short) / 2
    box = (left, top, left + short, top + short)
    if picture.size != (side, side):
        picture = picture.resize((side, side), Image.Resampling.BICUBIC, box, reducing_gap=3.0)
    return np.asarray(picture)


def _from_parquet(source: Path) -> Iterator[_Entry]:
    import pyarrow.parquet as parquet  # only needed for this kind of source

    for batch in parquet.ParquetFile(source).iter_batches(columns=["image", "label", "split"]):
        for row in batch.to_pylist():
            data: bytes = row["image"]
            yield _Entry(partial(bytes, data), int(row["label"]), row["split"] != "train")


def _from_folder(source: Path) -> Iterator[_Entry]:
    files = sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES)
    places = [path.relative_to(source).parent.parts for path in files]
    names = sorted({parts[-1] for parts in places if parts})
    for path, parts in zip(files, places, strict=True):
        label = names.index(parts[-1]) if parts else -1
        held_out = bool(parts) and parts[0].lower() in VALIDATION_FOLDERS
        yield _Entry(path.read_bytes, label, held_out)
