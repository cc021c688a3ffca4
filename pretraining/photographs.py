"""Square pieces of large pictures, to learn from beside small ones: sharp, and without labels.

One photograph cut into many pieces already teaches much when a teacher describes the pieces (Asano
and Saeed 2023, "The augmented image prior"), so a few thousand free pictures of any kind will do.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pretraining import pictures
from pretraining.pictures import Pictures

SUFFIXES = pictures.SUFFIXES | {".tga"}
SMALLEST = 112  # pixels of the shorter side
LONGEST = 6  # times the shorter side
MOST_PIXELS = 200_000_000
PIECES = 12  # of one picture, at most
PLACES = 3  # where a cut-out object is put
FLAT = 10.0  # standard deviation of grey values below which there is nothing to see


def pieces(folder: Path, side: int, work: Path, seed: int = 1) -> Pictures:
    """Pieces (N, side, side, 3) of every picture below `folder`, kept in `work`; labels are -1.

    The larger a picture, the more pieces. Cut-out objects (transparent pictures) are put on plain
    colours and on pieces of other pictures. Copies, tiny and empty pictures are left out.
    """
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
    stamp = hashlib.sha256(f"{side}|{seed}".encode())
    for path in files:
        stamp.update(f"|{path.relative_to(folder).as_posix()}:{path.stat().st_size}".encode())
    fingerprint = f"pieces-{stamp.hexdigest()[:12]}"
    file = work / f"{fingerprint}.npy"
    if not file.exists():
        draw = np.random.default_rng(seed)
        draw.shuffle(files)
        work.mkdir(parents=True, exist_ok=True)
        _write(file, _all(files, side, draw), side)
    pixels = np.load(file, mmap_mode="r")
    nothing = np.full(len(pixels), -1, dtype=np.int64)
    return Pictures(pixels, nothing, nothing > 0, fingerprint)


def _all(files: list[Path], side: int, draw: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    seen: set[bytes] = set()
    grounds: list[NDArray[np.uint8]] = []
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).digest()
        if digest in seen:
            continue
        seen.add(digest)
        for piece in _of_one(path, side, grounds, draw):
            if piece.std() < FLAT:
                continue
            if len(grounds) < 500:
                grounds.append(piece)
            yield piece


def _of_one(
    path: Path, side: int, grounds: list[NDArray[np.uint8]], draw: np.random.Generator
) -> list[NDArray[np.uint8]]:
    try:
        with Image.open(path) as picture:
            short, long = min(picture.size), max(picture.size)
            area = picture.width * picture.height
            if short < SMALLEST or long > LONGEST * short or area > MOST_PIXELS:
                return []
            if picture.mode in ("RGBA", "LA") or "transparency" in picture.info:
                cutout = picture.convert("RGBA")
                if np.asarray(cutout.getchannel("A")).min() < 128:
                    return list(_placed(cutout, side, grounds, draw))
            count = int(np.clip(round(area / (5 * side * side)), 1, PIECES))
            whole = picture.convert("RGB")
            return [_square(whole, box, side) for box in _boxes(whole, count, draw)]
    except (Image.DecompressionBombError, UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return []  # not readable: nothing to learn from


def _boxes(
    picture: Image.Image, count: int, draw: np.random.Generator
) -> Iterator[tuple[float, float, float]]:
    """Left, top and width of squares: the middle one, then random ones of random size."""
    width, height = picture.size
    short = min(width, height)
    yield (width - short) / 2, (height - short) / 2, short
    for _ in range(count - 1):
        piece = float(np.exp(draw.uniform(np.log(min(224, short)), np.log(short))))
        yield draw.uniform(0, width - piece), draw.uniform(0, height - piece), piece


def _square(picture: Image.Image, box: tuple[float, float, float], side: int) -> NDArray[np.uint8]:
    left, top, piece = box
    edges = (left, top, left + piece, top + piece)
    return np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS, edges, 3.0))


def _placed(
    cutout: Image.Image, side: int, grounds: list[NDArray[np.uint8]], draw: np.random.Generator
) -> Iterator[NDArray[np.uint8]]:
    """A cut-out object, somewhere on plain or pictured grounds."""
    box = cutout.getchannel("A").point(lambda alpha: 255 * (alpha > 30)).getbbox()
    if box is None:
        return
    cutout = cutout.crop(box)
    for _ in range(PLACES):
        wide = int(max(cutout.size) * draw.uniform(1.0, 1.5))
        if grounds and draw.uniform() < 0.6:
            ground = Image.fromarray(grounds[draw.integers(len(grounds))]).resize((wide, wide))
        else:
            white = draw.uniform() < 0.4
            colour = (255,) * 3 if white else tuple(draw.integers(0, 256, 3).tolist())
            ground = Image.new("RGB", (wide, wide), colour)
        place = tuple(int(draw.integers(0, wide - length + 1)) for length in cutout.size)
        ground.paste(cutout, (place[0], place[1]), cutout)
        yield np.asarray(ground.resize((side, side), Image.Resampling.LANCZOS, None, 3.0))


def _write(file: Path, made: Iterator[NDArray[np.uint8]], side: int) -> None:
    """Write piece after piece: all of them together may not fit into memory."""
    raw, count = file.with_suffix(".part"), 0
    with raw.open("wb") as out:
        for piece in made:
            out.write(np.ascontiguousarray(piece).tobytes())
            count += 1
    if not count:
        raw.unlink()
        raise SystemExit("No picture large enough was found among the photographs.")
    header = np.lib.format.header_data_from_array_1_0(np.empty((0,), np.uint8))
    header["shape"] = (count, side, side, 3)
    draft = file.with_suffix(".draft")
    with draft.open("wb") as out, raw.open("rb") as pixels:
        np.lib.format.write_array_header_1_0(out, header)
        while chunk := pixels.read(1 << 24):
            out.write(chunk)
    raw.unlink()
    draft.replace(file)
    print(json.dumps({"photographs": count, "side": side}), flush=True)
