"""How well the check-up finds what is planted, how right the forecast is, and how long it takes.

    python -m benchmarks.quality --data DATA [--backbone NAME] [--only suspects copies time …]

suspects: 5 % of the labels of flowers5 are flipped; the share of them among the first 10 % of the
pictures in the order of suspicion. copies: exact, re-encoded, resized and lightly cropped copies
are added to each set; how many are joined with their original, and what share of the untouched
pictures is joined with another. forecast: from half of each set, the accuracy with twice as many,
against the accuracy measured with all. time: import apart, a check-up of N pictures, first and
again.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.picture_sets import CLASSIFICATION_SETS, SUFFIXES
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.features.extract import Picture
from tlcore.images.decode import decode
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import Source, from_folder
from tlcore.images.reduction import working_copy
from tlcore.quality.checkup.checkup import check_up
from tlcore.quality.checkup.copies import find_copies
from tlcore.quality.features import pooled_features
from tlcore.quality.forecast import fit_curve, learning_curve
from tlcore.quality.linear import out_of_sample
from tlcore.quality.pictures import read_pictures
from tlcore.workspace import Workspace
from tlcore.workspace.pictures import Pictures

T = TypeVar("T")
Change = Callable[[Image.Image, np.random.Generator], bytes]
FLIPPED, LOOKED_AT = 0.05, 0.10
COPIED = 60  # pictures of each set and kind of copy


def value_of(steps: Generator[Any, None, T]) -> T:
    """The value of a generator of events."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            value: T = done.value
            return value


class StoredPictures:
    """Pictures of any origin as a workspace keeps them, and their features."""

    def __init__(self, home: Path, backbone: str) -> None:
        self.home, self.backbone = home, backbone
        self.stored = Pictures(home / "pictures")

    def add(self, data: bytes) -> tuple[str, str]:
        """Keep a file's bytes; its SHA-256 and its perceptual hash."""
        copy = working_copy(data)
        return self.stored.put(data, copy.jpeg, copy.thumbnail), copy.perceptual_hash

    def features(self, shas: Sequence[str]) -> npt.NDArray[np.float32]:
        """Pooled features (N, F)."""
        pictures = [Picture(sha, self.stored.copy(sha)) for sha in shas]
        return value_of(pooled_features(self.home, pictures, self.backbone))

    def thumbnail(self, sha: str) -> Image.Image:
        """The small picture."""
        return Image.open(self.stored.thumbnail(sha))


def labelled(folder: Path) -> list[Source]:
    """Every picture of a set that has a label."""
    return [
        source
        for source in from_folder(folder)
        if source.label and Path(source.name).suffix.lower() in SUFFIXES
    ]


def targets_of(sources: Sequence[Source]) -> npt.NDArray[np.int64]:
    """Labels as numbers (N,)."""
    return np.unique([source.label or "" for source in sources], return_inverse=True)[1].astype(
        np.int64
    )


def suspects(data: Path, stored: StoredPictures, seeds: int) -> None:
    """Print how many flipped labels are among the first suspects."""
    sources = labelled(data / "flowers5")
    features = stored.features([stored.add(source.read())[0] for source in sources])
    targets = targets_of(sources)
    count, shares = int(targets.max()) + 1, []
    for seed in range(seeds):
        random = np.random.default_rng(seed)
        flipped = random.choice(len(targets), round(FLIPPED * len(targets)), replace=False)
        given = targets.copy()
        given[flipped] = (given[flipped] + random.integers(1, count, len(flipped))) % count
        probabilities = out_of_sample(features, given, count, seed=seed)
        order = np.argsort(probabilities[np.arange(len(given)), given])
        shares.append(np.isin(flipped, order[: round(LOOKED_AT * len(given))]).mean())
    print(f"suspects: {100 * np.mean(shares):.1f} % of flipped labels in the first 10 %", end=" ")
    print(f"(lowest of {seeds} draws {100 * min(shares):.1f} %)")


def saved(image: Image.Image, quality: int = 88) -> bytes:
    """As JPEG."""
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def resized(scale: float) -> Change:
    """A copy at another size."""

    def change(image: Image.Image, _: np.random.Generator) -> bytes:
        size = (max(16, round(image.width * scale)), max(16, round(image.height * scale)))
        return saved(image.resize(size))

    return change


def cropped(share: float) -> Change:
    """A copy that lacks up to `share` of its width and height, unevenly."""

    def change(image: Image.Image, random: np.random.Generator) -> bytes:
        left, top = random.random(2) * share
        box = (left, top, 1 - (share - left), 1 - (share - top))
        width, height = image.size
        return saved(image.crop(tuple(round(b * s) for b, s in zip(box, (width, height) * 2,
                                                                   strict=True))))  # fmt: skip

    return change


CHANGES: dict[str, Change] = {
    "quality 40": lambda image, _: saved(image, 40),
    "quality 20": lambda image, _: saved(image, 20),
    "half size": resized(0.5),
    "1.5 × size": resized(1.5),
    "2 % cropped": cropped(0.02),
    "5 % cropped": cropped(0.05),
    "10 % cropped": cropped(0.10),
}


def copies(data: Path, stored: StoredPictures, sets: Sequence[str]) -> None:
    """Print the share of copies that are found, and of untouched pictures that are joined."""
    joined_copies: dict[str, list[bool]] = {name: [] for name in ("exact", *CHANGES)}
    alarms = pictures = 0
    for name in sets:
        random = np.random.default_rng(0)
        sources = labelled(data / name)
        originals = [stored.add(source.read()) for source in sources]
        joined = groups_of(stored, originals)
        alarms, pictures = alarms + len(joined), pictures + len(originals)
        print(f"  {name}: {len(originals)} pictures, {len(joined)} joined untouched", flush=True)
        for kind in joined_copies:
            chosen = random.choice(len(sources), min(COPIED, len(sources)), replace=False)
            change = CHANGES.get(kind)
            copied = [
                originals[place]
                if change is None
                else stored.add(change(decode(sources[place].read()), random))
                for place in chosen
            ]
            groups = groups_of(stored, originals + copied)
            joined_copies[kind] += [
                groups.get(place, -1) == groups.get(len(originals) + n, -2)
                for n, place in enumerate(chosen)
            ]
    for kind, hits in joined_copies.items():
        print(f"copies, {kind}: {100 * np.mean(hits):.1f} % of {len(hits)} found")
    print(f"copies: {100 * alarms / pictures:.2f} % of {pictures} untouched pictures are joined")


def groups_of(stored: StoredPictures, pictures: Sequence[tuple[str, str]]) -> dict[int, int]:
    """Position → number of its group of copies, of any kind."""
    shas = [sha for sha, _ in pictures]
    hashes = [text for _, text in pictures]
    groups = find_copies(shas, hashes, stored.thumbnail, stored.features(shas))
    numbered = sorted(groups, key=lambda group: group.how != "same")
    return {member: n for n, group in enumerate(numbered) for member in group.members}


def forecasts(data: Path, stored: StoredPictures, sets: Sequence[str], seeds: int) -> None:
    """Print how far the forecast from half of each set is from what all of it gives."""
    errors = []
    for name in sets:
        sources = labelled(data / name)
        features = stored.features([stored.add(source.read())[0] for source in sources])
        targets = targets_of(sources)
        count = int(targets.max()) + 1
        whole = float(value_of(learning_curve(features, targets, count)).accuracy[-1])
        forecast = []
        for seed in range(seeds):
            random = np.random.default_rng(seed)
            by_label = [random.permutation(np.flatnonzero(targets == k)) for k in range(count)]
            half = np.sort(np.concatenate([rows[: len(rows) // 2] for rows in by_label]))
            curve = value_of(learning_curve(features[half], targets[half], count, seed=seed))
            forecast.append(fit_curve(curve).accuracy(2.0))
        errors += [abs(accuracy - whole) for accuracy in forecast]
        print(
            f"  {name}: all {100 * whole:.1f}, forecast {100 * np.mean(forecast):.1f}", flush=True
        )
    print(f"forecast: {100 * np.mean(errors):.2f} points off on average, over sets and draws")


def timed(data: Path, backbone: str, number: int, sets: Sequence[str]) -> None:
    """Print how long a check-up of `number` pictures takes: the sets', then changed ones."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        workspace = Workspace.open(Path(folder))
        project = workspace.projects.create("Check-up").id
        sources = [source for name in sets for source in labelled(data / name)]
        began = time.perf_counter()
        ingest(workspace, project, list(_many(sources, number)))
        print(f"time: import {time.perf_counter() - began:.1f} s")
        for words in ("first", "again"):
            pictures = read_pictures(workspace, project)
            began = time.perf_counter()
            report = value_of(check_up(pictures, backbone))
            seconds = time.perf_counter() - began
            print(f"time: {words}, {report.pictures} pictures, {seconds:.1f} s", end=", ")
            print(f"{len(report.findings)} findings, {dict(report.seconds)}", flush=True)
        workspace.close()


def _many(sources: Sequence[Source], number: int) -> list[Source]:
    """`number` different pictures: mirrored, turned or recoloured after the first round."""
    many = []
    for place in range(number):
        turn, place_in_set = divmod(place, len(sources))
        source = sources[place_in_set]
        name = f"{turn}-{source.name}"
        many.append(Source(name, _turned(source, turn), source.label) if turn else source)
    return many


def _turned(source: Source, turn: int) -> Callable[[], bytes]:
    """How to read a picture that is changed in a way of its own in each round."""

    def read() -> bytes:
        image = decode(source.read())
        for step, change in enumerate((Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90)):
            if turn >> step & 1:
                image = image.transpose(change)
        channels = image.split()
        return saved(Image.merge("RGB", channels[turn % 3 :] + channels[: turn % 3]))

    return read


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="benchmarks.quality")
    parser.add_argument("--data", type=Path, required=True, help="folder of small picture sets")
    parser.add_argument("--backbone", default=DEFAULT_BACKBONE)
    parser.add_argument("--sets", nargs="+", default=list(CLASSIFICATION_SETS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=10_000, help="for time")
    parser.add_argument("--home", type=Path, help="keep pictures and features here")
    parts = ("suspects", "copies", "forecast", "time")
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = options.home or Path(folder)
        Workspace.open(home).close()
        stored = StoredPictures(home, options.backbone)
        if "suspects" in options.only:
            suspects(options.data, stored, options.seeds)
        if "forecast" in options.only:
            forecasts(options.data, stored, options.sets, options.seeds)
        if "copies" in options.only:
            copies(options.data, stored, options.sets)
    if "time" in options.only:
        timed(options.data, options.backbone, options.pictures, options.sets)


if __name__ == "__main__":
    main()
