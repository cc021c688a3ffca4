"""Photographs a second on one thread: torchvision's decode_jpeg, Pillow, and Pillow's draft.

python -m benchmarks.decoding [FOLDER]
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg

from benchmarks.pictures import SHARED


def with_torchvision(data: bytes) -> None:
    """Decode a whole JPEG as torchvision does."""
    decode_jpeg(torch.frombuffer(bytearray(data), dtype=torch.uint8), ImageReadMode.RGB)


def with_pillow(data: bytes) -> None:
    """Decode a whole JPEG as Pillow does."""
    Image.open(io.BytesIO(data)).convert("RGB")


def with_draft(data: bytes) -> None:
    """Decode a JPEG at the least scale that is not below 224 px."""
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (224, 224))
    image.convert("RGB")


WAYS: dict[str, Callable[[bytes], None]] = {
    "torchvision decode_jpeg": with_torchvision,
    "Pillow": with_pillow,
    "Pillow with draft": with_draft,
}


def main() -> None:
    """Time every decoder in turns and print its rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED / "ants_bees")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    files = [path.read_bytes() for path in sorted(options.folder.rglob("*.jpg"))]
    torch.set_num_threads(1)
    rates: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way, decode in WAYS.items():
            start = time.perf_counter()
            for data in files:
                decode(data)
            rates[way].append(len(files) / (time.perf_counter() - start))
    print(f"{len(files)} photographs, one thread, median (least–most) of {options.rounds} rounds")
    for way, measured in rates.items():
        middle, least, most = statistics.median(measured), min(measured), max(measured)
        print(f"{way:26s} {middle:7.0f} a second ({least:.0f}–{most:.0f})")


if __name__ == "__main__":
    main()
