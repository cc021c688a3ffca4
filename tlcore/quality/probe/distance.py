"""How far a project's pictures lie from what a backbone learned from, in words.

Beside some weights lies a small file with the average features of every kind of thing in the
pictures that the backbone learned from. A project is near when its labels are about as far from
the nearest of these kinds as such kinds are from each other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from tlcore.backbones.sources.registry import find
from tlcore.quality.probe.measured import Distance, Nearness
from tlcore.quality.probe.probe import Features, Targets

SUFFIX = ".statistics.npz"
LARGEST_FILE = 64_000_000  # bytes: a foreign file may be anything
# Distances in typical distances between neighbouring kinds. Measured with the first bundled
# backbone: ants and bees 0.8; clothes, waste, flowers 1.6–1.7; leaves 1.8; satellite scenes 1.4;
# diseased leaves 2.5; brain scans 2.9; digits 3.1–3.7; hands 3.2; noise 4.4.
NEAR = 1.25
FAR = 2.25
SMALLEST = 1e-6  # kinds that cannot be told apart at all are still so far from each other

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SourceStatistics:
    """Features of the source by kind: standardised `means` (K, F), and how unsure each is.

    `mean` and `deviation` (F,) standardise features; `noise` (K,) is the expected squared error of
    each kind's mean; `typical` the typical distance of a kind to its nearest neighbour; `source`
    says in words what the pictures were; `fingerprint` is the digest of the file of weights.
    """

    fingerprint: str
    source: str
    names: tuple[str, ...]
    mean: Numbers
    deviation: Numbers
    means: Numbers
    noise: Numbers
    typical: float

    def save(self, path: Path) -> None:
        """Write one compressed file; the means in half precision."""
        np.savez_compressed(
            path,
            fingerprint=np.array(self.fingerprint),
            source=np.array(self.source),
            names=np.array(self.names),
            mean=self.mean.astype(np.float32),
            deviation=self.deviation.astype(np.float32),
            means=self.means.astype(np.float16),
            noise=self.noise.astype(np.float32),
            typical=np.array(self.typical),
        )

    @classmethod
    def load(cls, path: Path) -> SourceStatistics:
        """Nothing in the file is run.

        Raises OSError, EOFError, ValueError, KeyError or BadZipFile if it is not whole.
        """
        if path.stat().st_size > LARGEST_FILE:
            raise ValueError(f"{path.name} is too large")
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return cls(
                fingerprint=str(file["fingerprint"]),
                source=str(file["source"]),
                names=tuple(str(name) for name in file["names"]),
                mean=file["mean"].astype(np.float64),
                deviation=file["deviation"].astype(np.float64),
                means=file["means"].astype(np.float64),
                noise=file["noise"].astype(np.float64),
                typical=float(file["typical"]),
            )


def summarise(
    features: Features, targets: Targets, names: tuple[str, ...], *, source: str, fingerprint: str
) -> SourceStatistics:
    """Statistics of source features (N, F) with kinds (N,) as places in `names`."""
    values = features.astype(np.float64)
    mean, deviation = values.mean(0), np.maximum(values.std(0), 1e-6)
    means, noise = _means((values - mean) / deviation, targets, len(names))
    apart = _squared(means, noise, means, noise)
    np.fill_diagonal(apart, np.inf)
    typical = float(np.sqrt(max(np.median(apart.min(1)), SMALLEST)))
    return SourceStatistics(fingerprint, source, names, mean, deviation, means, noise, typical)


def distance(statistics: SourceStatistics, features: Features, targets: Targets) -> Distance:
    """The distance of labelled features (N, F), targets (N,) from 0, from the source.

    Squared distances between averages, less what chance adds to them when pictures are few; the
    median over labels.
    """
    values = (features.astype(np.float64) - statistics.mean) / statistics.deviation
    means, noise = _means(values, targets, int(targets.max()) + 1)
    apart = _squared(means, noise, statistics.means, statistics.noise)
    ratio = float(np.median(np.sqrt(apart.min(1))) / statistics.typical)
    nearest = tuple(statistics.names[place] for place in apart.argmin(1))
    return Distance(word_for(ratio), ratio, statistics.source, nearest)


def word_for(ratio: float) -> Nearness:
    """The word for a distance in typical distances between neighbouring kinds."""
    if ratio < NEAR:
        return "near"
    return "some way off" if ratio < FAR else "far"


def statistics_of(backbone: str) -> SourceStatistics | None:
    """What lies beside a backbone's weights; None if nothing does, or it is of other weights."""
    path = find(backbone).path
    if path is None:
        return None
    try:
        statistics = SourceStatistics.load(path_beside(path))
        own = digest_of(path)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return None
    return statistics if statistics.fingerprint == own else None


def digest_of(weights: Path) -> str:
    """Names a file of weights by its bytes."""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def path_beside(weights: Path) -> Path:
    """Where the statistics of a file of weights lie."""
    return weights.with_name(weights.stem + SUFFIX)


def _means(values: Numbers, targets: Targets, kinds: int) -> tuple[Numbers, Numbers]:
    """The mean of each kind (K, F), and the expected squared error of each mean (K,).

    The spread within kinds is taken as alike for all, so that it is known for small ones too.
    """
    counts = np.maximum(np.bincount(targets, minlength=kinds), 1)
    sums = np.zeros((kinds, values.shape[1]))
    np.add.at(sums, targets, values)
    means = sums / counts[:, None]
    within = float(((values - means[targets]) ** 2).sum()) / max(1, len(values) - kinds)
    return means, within / counts


def _squared(means: Numbers, noise: Numbers, other: Numbers, other_noise: Numbers) -> Numbers:
    """Squared distances (K, M) between means, less what chance adds; never below 0."""
    apart = (means**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * means @ other.T
    less: Numbers = np.maximum(apart - noise[:, None] - other_noise[None], 0.0)
    return less
