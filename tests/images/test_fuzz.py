"""Mutated files of every format: read or refused, in a bounded time, and never anything else."""

from __future__ import annotations

import random
import time

import pytest

from tests.images.corpus import files, frames, picture, saved, turned, with_place
from tlcore.errors import PictureRefused
from tlcore.images.decode import decode
from tlcore.images.metadata import read_metadata
from tlcore.images.reduction import working_copy

SECONDS = 1.0  # in the daily run; the slow one takes longer
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "TGA", "AVIF", "JPEG2000")
LONG = 60.0
MOST_FOR_ONE = 5.0  # seconds that one damaged file may take
BOUNDARIES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)


def seeds() -> list[bytes]:
    """Small good files of all formats, with profiles, EXIF, frames and depths."""
    plain = [saved(picture(1), kind) for kind in KINDS]
    odd = [frames("GIF", 3), frames("TIFF", 2), turned(6), with_place(), saved(picture(2), "HEIF")]
    return (
        plain + odd + [file.data for file in files() if not file.refused and len(file.data) < 8_000]
    )


def mutated(data: bytes, chance: random.Random) -> bytes:
    """One to eight small accidents: bits, numbers in headers, lost, doubled and swapped pieces."""
    content = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(content)) if chance.random() < 0.5 else chance.randrange(
            min(len(content), 200))  # fmt: skip
        length = chance.randint(1, 32)
        kind = chance.randrange(6)
        if kind == 0:
            content[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            number = chance.choice(BOUNDARIES).to_bytes(4, chance.choice(("big", "little")))
            content[at : at + 4] = number
        elif kind == 2 and len(content) > 2 * length:
            del content[at : at + length]
        elif kind == 3:
            content[at:at] = content[at : at + length]
        elif kind == 4:
            content[at : at + length] = chance.randbytes(length)
        elif len(content) > 40:
            del content[chance.randrange(20, len(content)) :]
    return bytes(content)


def fuzz(seconds: float, seed: int) -> tuple[int, int]:
    """How many were read and how many refused; anything else raises."""
    print(f"seed {seed}")  # pytest shows it when a file does something else
    chance, given = random.Random(seed), seeds()
    read = refused = 0
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        data = mutated(chance.choice(given), chance)
        began = time.perf_counter()
        try:
            image = decode(data, max_pixels=4_000_000)
            assert image.mode == "RGB" and image.width * image.height <= 4_000_000
            read += 1
        except PictureRefused as refusal:
            assert refusal.message and refusal.remedy and refusal.reason
            refused += 1
        read_metadata(data)
        assert time.perf_counter() - began < MOST_FOR_ONE
    return read, refused


@pytest.mark.filterwarnings("ignore")
def test_mutated_files_are_read_or_refused() -> None:
    read, refused = fuzz(SECONDS, seed=time.time_ns() % 10_000)
    assert read > 5 and refused > 5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_many_mutated_files_are_read_or_refused() -> None:
    read, refused = fuzz(LONG, seed=time.time_ns())
    assert read > 500 and refused > 500


@pytest.mark.filterwarnings("ignore")
def test_what_is_read_can_also_be_taken_in() -> None:
    chance, given = random.Random(7), seeds()
    for _ in range(60):
        data = mutated(chance.choice(given), chance)
        try:
            decode(data, max_pixels=4_000_000)
        except PictureRefused:
            continue
        copy = working_copy(data)
        assert decode(copy.jpeg).size and decode(copy.thumbnail).size
