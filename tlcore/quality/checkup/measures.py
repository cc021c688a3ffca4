"""Measures of single pictures: light, contrast, sharpness, and what their files say. No torch.

Taken from thumbnails, so they see what a network sees; kept by picture hash, so each picture is
measured once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tlcore.errors import WorkspaceError
from tlcore.images.metadata import read_metadata
from tlcore.workspace.files import read_json, write_json
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures

VERSION = 2
LEVELS = np.arange(256, dtype=np.float64)
BRIGHT = 0.98  # of the pixels are no brighter than what is called bright
THREADS = 2
AT_ONCE = 64
KEPT_EVERY = 2_000  # pictures: after an interruption no more than so many are measured again


@dataclass(frozen=True)
class Measures:
    """`light`, `bright` (98th percentile) and `contrast` (spread, widest channel) are 0–1.

    `edges` is the variance of the Laplacian of the grey thumbnail, 0–255 (Pech-Pacheco et al.
    2000): sharp pictures have hundreds, blurred ones a few. `day` is written 2026-05-31.
    """

    light: float
    bright: float
    contrast: float
    edges: float
    format: str | None = None
    camera: str | None = None
    day: str | None = None

    @property
    def relative_edges(self) -> float:
        """Edges for the contrast that there is: a faint but sharp picture has many."""
        return self.edges / max(1.0, (255 * self.contrast) ** 2)


def measure(image: Image.Image) -> Measures:
    """Measure a thumbnail; what its file says is not in it."""
    colour, grey = image.convert("RGB"), image.convert("L")
    counts = np.array(grey.histogram(), dtype=np.float64)
    share = counts.cumsum() / counts.sum()
    channels = np.array(colour.histogram(), dtype=np.float64).reshape(3, 256)
    return Measures(
        light=float(counts @ LEVELS / counts.sum()) / 255,
        bright=float(np.searchsorted(share, BRIGHT)) / 255,
        contrast=max(_spread(channel) for channel in channels) / 255,
        edges=_edges(np.asarray(grey, dtype=np.int16)),
    )


def _spread(counts: npt.NDArray[np.float64]) -> float:
    """The standard deviation of a histogram (256,)."""
    mean = counts @ LEVELS / counts.sum()
    return float(np.sqrt(counts @ np.square(LEVELS - mean) / counts.sum()))


def _edges(grey: npt.NDArray[np.int16]) -> float:
    """The variance of the Laplacian (four neighbours) inside a grey picture (H, W)."""
    if min(grey.shape) < 3:
        return 0.0
    sides = grey[1:-1, :-2] + grey[1:-1, 2:] + grey[:-2, 1:-1] + grey[2:, 1:-1]
    return float((sides - 4 * grey[1:-1, 1:-1]).var(dtype=np.float32))


class Measured:
    """The measures of a project's pictures, in one file of the workspace's cache."""

    def __init__(self, home: Path, project_id: str) -> None:
        layout = Layout(home)
        self._pictures = Pictures(layout.pictures)
        self._path = layout.cache / "quality" / project_id / "measures.json"
        kept = read_json(self._path)
        rows = kept.get("pictures", {}) if kept.get("version") == VERSION else {}
        self._found = {sha: Measures(**row) for sha, row in rows.items()}

    def __getitem__(self, sha: str) -> Measures:
        return self._found[sha]

    def fill(
        self, shas: Sequence[str], stop: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[int, int]]:
        """Measure what is missing. Yields (done, total); ends early when `stop()` is true."""
        missing = [sha for sha in dict.fromkeys(shas) if sha not in self._found]
        waiting, done = iter(missing), 0
        with ThreadPoolExecutor(THREADS, thread_name_prefix="measure") as pool:
            while batch := list(islice(waiting, AT_ONCE)):
                yield done, len(missing)
                if stop():
                    break
                self._found.update(zip(batch, pool.map(self._measure, batch), strict=True))
                done += len(batch)
                if done % KEPT_EVERY < AT_ONCE:
                    self.keep(shas)
        if missing:
            self.keep(shas)

    def keep(self, shas: Sequence[str]) -> None:
        """Write the measures of these pictures, and forget those of others."""
        rows = {sha: asdict(self._found[sha]) for sha in shas if sha in self._found}
        try:
            write_json(self._path, {"version": VERSION, "pictures": rows}, sync=False)
        except OSError as error:
            raise WorkspaceError(
                f"What was measured cannot be kept ({error.strerror or error}).",
                "Make room on the disk, then try again.",
            ) from error

    def _measure(self, sha: str) -> Measures:
        with Image.open(self._pictures.thumbnail(sha), formats=("JPEG",)) as thumbnail:
            seen = measure(thumbnail)
        metadata = read_metadata(self._pictures.original(sha))
        day = metadata.taken_at.date().isoformat() if metadata.taken_at else None
        return Measures(
            **{**asdict(seen), "format": metadata.format, "camera": metadata.camera, "day": day}
        )
