"""How many more pictures? The score with a quarter to all of them, and a curve through it.

Learning curves of classifiers follow power laws, error = c + a·n^−b (Hestness et al. 2017;
Viering and Loog 2021). Four noisy points do not settle three numbers, so the exponent is held near
a half and the floor near zero unless the points say otherwise.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.quality.linear import Features, LinearProbe, Places, Targets, folds

SHARES = (0.25, 0.5, 0.75, 1.0)
FITS = 80  # trainings in all: repeats × folds × shares, fewer for many pictures
MANY = 2_000
MEASURING = "Learning from some of your pictures, and from more"
EXPONENT, EXPONENT_SPREAD = 0.5, 0.5  # of its logarithm
FLOOR_SPREAD = 0.15  # of the error that no number of pictures takes away
LEAST_NOISE = 0.004
Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LearningCurve:
    """What was measured: `right` of `tested` pictures (S, K) for each share and label.

    `sizes` (S,) are the pictures learned from, `per_label` (K,) those of each label with all.
    """

    shares: tuple[float, ...]
    sizes: Counts
    right: Counts
    tested: Counts
    per_label: Counts

    @property
    def accuracy(self) -> Counts:
        """The share (S,) of all pictures that was answered rightly."""
        return np.asarray(self.right.sum(axis=1) / self.tested.sum(axis=1))

    @property
    def recall(self) -> Counts:
        """The share (S, K) of each label's pictures that was answered rightly."""
        return np.asarray(self.right / np.maximum(self.tested, 1))


@dataclass(frozen=True)
class PowerLaw:
    """error = floor + scale·t^−exponent, where t is how many times as many pictures as now."""

    floor: float
    scale: float
    exponent: float

    def accuracy(self, times: float) -> float:
        """What share will be right with so many times as many pictures."""
        return 1.0 - min(1.0, self.floor + self.scale * float(times**-self.exponent))


@dataclass(frozen=True)
class LabelGain:
    """What `more` pictures of one label would do for it and for the whole, as shares."""

    label: int
    recall: float
    more: int
    label_gain: float
    gain: float


def learning_curve(
    features: Features,
    targets: Targets,
    count: int,
    groups: Targets | None = None,
    *,
    seed: int = 0,
    stop: Stop = never,
) -> Generator[Event, None, LearningCurve]:
    """Cross-validated answers of a linear probe that learned from a share of the pictures.

    Features (N, F), targets (N,) of `count` labels, groups (N,) undivided. Repeated with other
    folds and other shares, as often as time allows. Yields `progress`. Raises Stopped.
    """
    right, tested = np.zeros((len(SHARES), count)), np.zeros((len(SHARES), count))
    sizes: list[list[int]] = [[] for _ in SHARES]
    repeats = max(1, round(FITS / (5 * len(SHARES)) * min(1.0, MANY / len(targets))))
    for repeat in range(repeats):
        yield Event("progress", {"doing": MEASURING, "done": repeat, "total": repeats})
        for training, testing in folds(targets, groups, seed=seed + repeat):
            ranks = _ranks(training, targets, groups, seed + repeat)
            for place, share in enumerate(SHARES):
                check(stop)
                some = training[ranks <= share]
                answers = LinearProbe(features[some], targets[some], count)
                good = answers.right(features[testing], targets[testing])
                right[place] += np.bincount(targets[testing], weights=good, minlength=count)
                tested[place] += np.bincount(targets[testing], minlength=count)
                sizes[place].append(len(some))
    return LearningCurve(
        shares=SHARES,
        sizes=np.array([np.mean(counts) for counts in sizes]),
        right=right / repeats,
        tested=tested / repeats,
        per_label=np.bincount(targets, minlength=count).astype(np.float64),
    )


def fit(shares: Sequence[float], errors: Counts, noise: Counts) -> PowerLaw:
    """The power law nearest to errors (S,) with noise (S,), under mild expectations."""
    times = np.asarray(shares, np.float64)
    last = float(errors[-1])

    def residuals(parameters: Counts) -> Counts:
        floor, scale, log_exponent = parameters
        fitted = floor + scale * times ** -np.exp(log_exponent)
        expected = [
            floor / FLOOR_SPREAD,
            (log_exponent - np.log(EXPONENT)) / EXPONENT_SPREAD,
        ]
        return np.concatenate([(fitted - errors) / noise, expected])

    start = [0.3 * last, 0.7 * last + 1e-3, np.log(EXPONENT)]
    bounds = ([0.0, 0.0, np.log(0.05)], [1.0, 1.0, np.log(2.0)])
    fitted = least_squares(residuals, np.clip(start, bounds[0], bounds[1]), bounds=bounds).x
    return PowerLaw(float(fitted[0]), float(fitted[1]), float(np.exp(fitted[2])))


def fit_curve(curve: LearningCurve) -> PowerLaw:
    """The power law of all labels together; t = 1 is what there is now."""
    accuracy, tested = curve.accuracy, curve.tested.sum(axis=1)
    return fit(curve.shares, 1 - accuracy, _noise(accuracy, tested))


def label_gains(
    curve: LearningCurve, overall: PowerLaw, more: int | None = None
) -> list[LabelGain]:
    """For each label what `more` pictures of it would gain, the most first.

    Each label has a floor and a scale of its own, and the exponent of all; its curve is taken along
    its own number of pictures. By default `more` is half of what a typical label has.
    """
    extra = more or sensible(0.5 * float(np.median(curve.per_label)))
    gains = []
    for label, recall in enumerate(curve.recall.T):
        law = _with_exponent(curve.shares, 1 - recall, overall)
        have = max(1.0, float(curve.per_label[label]))
        gain = max(0.0, law.accuracy((have + extra) / have) - law.accuracy(1.0))
        gains.append(LabelGain(label, float(recall[-1]), extra, gain, gain / len(curve.per_label)))
    return sorted(gains, key=lambda gain: -gain.gain)


def sensible(number: float) -> int:
    """A number as people say it: 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500."""
    round_numbers = (10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 500)
    return min(round_numbers, key=lambda candidate: abs(np.log(candidate / max(1.0, number))))


def _ranks(training: Places, targets: Targets, groups: Targets | None, seed: int) -> Counts:
    """For each place a rank in 0–1 within its label; a share of the ranks is a share of it.

    Groups stay together: their members have neighbouring ranks.
    """
    random = np.random.default_rng(seed)
    belongs = training if groups is None else groups[training]
    drawn = dict(zip(np.unique(belongs), random.permutation(len(np.unique(belongs))), strict=True))
    luck = np.array([drawn[unit] for unit in belongs], np.float64) + random.random(len(belongs)) / 2
    ranks = np.zeros(len(training))
    for label in np.unique(targets[training]):
        mine = np.flatnonzero(targets[training] == label)
        ordered = mine[np.argsort(luck[mine])]
        ranks[ordered] = np.arange(len(mine)) / len(mine)  # the first is in every share
    return ranks


def _noise(accuracy: Counts, tested: Counts) -> Counts:
    """Standard errors of shares; those of one curve share pictures, so they are taken as less."""
    spread = np.sqrt(np.maximum(accuracy * (1 - accuracy), 0.01) / np.maximum(tested, 1))
    return np.asarray(np.maximum(0.5 * spread, LEAST_NOISE))


def _with_exponent(shares: Sequence[float], errors: Counts, overall: PowerLaw) -> PowerLaw:
    """Floor and scale of one label, drawn towards those of all by what one measurement weighs."""
    steps = np.asarray(shares, np.float64) ** -overall.exponent
    total = max(1e-6, overall.floor + overall.scale)
    usual = np.array([overall.floor, overall.scale]) / total * float(np.mean(errors))
    rows = np.vstack([np.column_stack([np.ones_like(steps), steps]), np.eye(2)])
    wanted = np.concatenate([errors, usual])
    floor, scale = np.maximum(0.0, np.linalg.lstsq(rows, wanted, rcond=None)[0])
    return PowerLaw(float(floor), float(scale), overall.exponent)
