"""Which pictures of a project are copies of one another, and what that means for it.

Three looks, each where the one before saw nothing: the same bytes; the same perceptual hash and
colours (`images.near_duplicates`); the same picture with its borders cut off (`alignment`), for
which pairs whose hashes differ in up to 26 of 64 bits are laid over each other, the likeliest
first. Where features of a backbone are known, pairs that it finds unlike are not even tried;
without them, only up to 22 bits are. `benchmarks/quality.py` measures how many copies are found,
and false alarms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from tlcore.images.near_duplicates import join, near_links
from tlcore.jobs.stopping import Stop, check, never
from tlcore.quality.checkup.alignment import SIDE, Grey, agreement, grey

SURE_BITS = 14  # of 64 that may differ in a crop, whatever the backbone says
MOST_BITS, MOST_BITS_ALONE = 26, 22  # with and without a backbone
LEAST_LIKENESS = 0.5  # cosine of centred features
LEAST_SHAPE, LEAST_DETAIL, LEAST_OVERLAP, MOST_SCALE = 0.97, 0.88, 0.9, 0.3
LEAST_SIDE = 40  # pixels: two small digits can be stretched until they agree
NOTHING = np.zeros((SIDE, SIDE), np.float32)  # stands for one that is not compared
BITS_OF_LIKENESS = 16.0  # what a cosine of 1 weighs
MOST_PAIRS = 20_000  # the likeliest: half a minute
MOST_OF_ROWS = 50_000
ROWS = 512
PAIRS = 512

Features = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.int64]
Load = Callable[[str], Image.Image]


@dataclass(frozen=True)
class CopyGroup:
    """Positions of pictures that are copies, and how: "same" bytes, "near" or "cropped"."""

    members: tuple[int, ...]
    how: str


def find_copies(
    pictures: Sequence[str],
    hashes: Sequence[str | None],
    thumbnail: Load | None = None,
    features: Features | None = None,
    stop: Stop = never,
) -> list[CopyGroup]:
    """Groups of copies among N pictures (their SHA-256) with perceptual hashes.

    Args:
        thumbnail: opens the thumbnail of a picture; without it, crops are not looked for.
        features: (N, F), to leave out what is unlike.

    The groups of "same" come first; the others hold every picture that is a copy of another one,
    the same bytes included. Raises Stopped.
    """
    same = _same(pictures)
    links = [(group[0], other) for group in same for other in group[1:]]
    near = list(near_links(hashes))
    cropped: list[tuple[int, int]] = []
    if thumbnail is not None:
        first = {picture: place for place, picture in reversed(list(enumerate(pictures)))}
        alone = sorted(first.values())
        joined = {
            member: n for n, group in enumerate(join(len(pictures), near)) for member in group
        }
        cropped = _cropped(alone, joined, pictures, hashes, thumbnail, features, stop)
    groups = [CopyGroup(tuple(group), "same") for group in same]
    by_crop = {member for pair in cropped for member in pair}
    for group in join(len(pictures), [*links, *near, *cropped]):
        if len({pictures[member] for member in group}) > 1:
            how = "cropped" if by_crop.intersection(group) else "near"
            groups.append(CopyGroup(tuple(group), how))
    return groups


def _same(pictures: Sequence[str]) -> list[list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, picture in enumerate(pictures):
        places[picture].append(place)
    return [group for group in places.values() if len(group) > 1]


def _cropped(
    alone: Sequence[int],
    joined: dict[int, int],
    pictures: Sequence[str],
    hashes: Sequence[str | None],
    thumbnail: Load,
    features: Features | None,
    stop: Stop,
) -> list[tuple[int, int]]:
    """Pairs that agree once one is laid over the other, among those that are not joined yet."""
    hashed = [place for place in alone if hashes[place]]
    first, second = _candidates(hashed, [hashes[place] or "" for place in hashed], features)
    apart = [joined[a] != joined[b] for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    first, second = first[apart], second[apart]
    grown: dict[int, Grey] = {}

    def looked(places: Pairs) -> Grey:
        for place in places.tolist():
            if place not in grown:
                seen = thumbnail(pictures[place])
                tiny = min(seen.size) < LEAST_SIDE
                grown[place] = NOTHING if tiny else grey(seen)
        return np.stack([grown[place] for place in places.tolist()])

    matches: list[tuple[int, int]] = []
    for start in range(0, len(first), PAIRS):
        check(stop)
        a, b = first[start : start + PAIRS], second[start : start + PAIRS]
        moving, still = looked(a), looked(b)
        shown = moving.any(axis=(1, 2)) & still.any(axis=(1, 2))
        a, b = a[shown], b[shown]
        seen = agreement(moving[shown], still[shown])
        good = (seen.shape >= LEAST_SHAPE) & (seen.detail >= LEAST_DETAIL)
        good &= (seen.overlap >= LEAST_OVERLAP) & (seen.scale <= MOST_SCALE)
        matches += zip(a[good].tolist(), b[good].tolist(), strict=True)
    return matches


def _candidates(
    places: Sequence[int], hashes: Sequence[str], features: Features | None
) -> tuple[Pairs, Pairs]:
    """Pairs worth a look, as positions, the likeliest MOST_PAIRS of them."""
    bits = np.array([int(text.partition("-")[0], 16) for text in hashes], dtype=np.uint64)
    where = np.array(places, dtype=np.int64)
    likeness = None if features is None or not len(where) else _directions(features[where])
    first, second = np.zeros(0, np.int64), np.zeros(0, np.int64)
    apart = np.zeros(0, np.float32)
    for start in range(0, len(bits), ROWS):
        more = _near_hashes(bits, start, MOST_BITS_ALONE if likeness is None else MOST_BITS)
        if likeness is not None:
            more = _alike(*more, likeness)
        first, second, apart = _closest(
            np.concatenate([first, more[0]]),
            np.concatenate([second, more[1]]),
            np.concatenate([apart, more[2]]),
            MOST_PAIRS,
        )
    return where[first], where[second]


def _near_hashes(
    bits: npt.NDArray[np.uint64], start: int, most: int
) -> tuple[Pairs, Pairs, Features]:
    """Pairs of ROWS hashes with all later ones, and in how many bits they differ."""
    differing = np.bitwise_count(bits[start : start + ROWS, None] ^ bits[None, start:])
    first, second = np.nonzero((differing <= most) & np.triu(np.ones_like(differing, bool), 1))
    distance = differing[first, second].astype(np.float32)
    return _closest(first + start, second + start, distance, MOST_OF_ROWS)


def _closest(
    first: Pairs, second: Pairs, apart: Features, most: int
) -> tuple[Pairs, Pairs, Features]:
    """The pairs that are least apart: where all pictures are alike, there are millions."""
    chosen = np.argsort(apart, kind="stable")[:most]
    return first[chosen], second[chosen], apart[chosen]


def _alike(
    first: Pairs, second: Pairs, distance: Features, likeness: Features
) -> tuple[Pairs, Pairs, Features]:
    """Without the pairs that differ in many bits and that the backbone finds unlike.

    The others are the less apart, the more it finds them alike.
    """
    cosine = np.zeros(len(first), np.float32)
    for start in range(0, len(first), PAIRS):
        some = slice(start, start + PAIRS)
        cosine[some] = (likeness[first[some]] * likeness[second[some]]).sum(axis=1)
    kept = (distance <= SURE_BITS) | (cosine >= LEAST_LIKENESS)
    return first[kept], second[kept], (distance - BITS_OF_LIKENESS * cosine)[kept]


def _directions(features: Features) -> Features:
    """Features (N, F) as directions from their mean."""
    centred = features - features.mean(axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(length, 1e-9), np.float32)
