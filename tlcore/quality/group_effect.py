"""How far a random split flatters: the same probe, tested on other pictures and on other groups.

Pictures of one patient, site or day resemble one another. If some are learned from and others
tested on, the score says how well the patient was recognised. Kaufman et al. 2012, "Leakage in
data mining"; Roberts et al. 2017 for blocked cross-validation.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from tlcore.errors import GraftError
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop, check, never
from tlcore.quality.linear import Features, LinearProbe, Targets, folds
from tlcore.quality.wilson import wilson_bounds

REPEATS = 4
MANY = 2_000  # pictures: with more, fewer repeats
LEAST_GROUPS = 3  # of a label, to test on a group that was not learned from
MOST_OF_A_LABEL = 0.6  # in one group: without it hardly anything of the label is learned
DOING = "Scoring with and without your groups"


@dataclass(frozen=True)
class Score:
    """Share of pictures answered rightly, and its 95 % interval from the number of units asked."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class GroupingScores:
    """Both scores of the same pictures; `alone` are labels that are nearly one group."""

    random: Score
    grouped: Score
    groups: int
    pictures: int
    alone: tuple[int, ...]

    @property
    def flatters(self) -> float:
        """By how much a random split looks better than it is, as a share."""
        return self.random.mean - self.grouped.mean


def grouping_scores(
    features: Features,
    targets: Targets,
    groups: Targets,
    *,
    seed: int = 0,
    stop: Stop = never,
) -> Generator[Event, None, GroupingScores]:
    """Score a linear probe by random and by grouped cross-validation.

    Features (N, F), targets (N,), groups (N,). Labels of too few groups are left out of both.
    Yields `progress`. Raises Stopped, and GraftError where nothing can be compared.
    """
    alone = tuple(int(x) for x in np.unique(targets) if _is_alone(groups[targets == x]))
    judged = np.flatnonzero(~np.isin(targets, alone))
    rows, units = features[judged], groups[judged]
    known, labels = np.unique(targets[judged], return_inverse=True)
    count = len(np.unique(units))
    if len(known) < 2 or count == len(judged):
        raise GraftError(
            "These groups cannot be compared with a random split: "
            + (_TOO_FEW if len(known) < 2 else "every picture is a group of its own."),
            "Choose another way to group the pictures.",
        )
    repeats = REPEATS if len(judged) <= MANY else 1
    right = {False: 0.0, True: 0.0}
    for step in range(2 * repeats):
        yield Event("progress", {"doing": DOING, "done": step, "total": 2 * repeats})
        whole, repeat = bool(step % 2), step // 2
        kept = units if whole else None
        right[whole] += _right_answers(rows, labels, kept, seed + repeat, stop) / repeats
    return GroupingScores(
        random=_score(right[False], len(judged), len(judged)),
        grouped=_score(right[True], len(judged), count),
        groups=count,
        pictures=len(judged),
        alone=alone,
    )


def _right_answers(
    features: Features, targets: Targets, groups: Targets | None, seed: int, stop: Stop
) -> int:
    """How many of N pictures a probe on features (N, F) gets right in cross-validation.

    Targets (N,); groups (N,) undivided. Raises Stopped.
    """
    right = 0
    count = int(targets.max()) + 1
    for training, testing in folds(targets, groups, seed=seed):
        check(stop)
        probe = LinearProbe(features[training], targets[training], count)
        right += int(probe.right(features[testing], targets[testing]).sum())
    return right


_TOO_FEW = (
    "that takes at least two labels whose pictures come from three groups or more, no group "
    "holding most of a label. Where a group is a label, what is kept together is never learned."
)


def _is_alone(groups: Targets) -> bool:
    """Whether a label's pictures come from too few groups (N,) to hold one back and learn it."""
    _, sizes = np.unique(groups, return_counts=True)
    return len(sizes) < LEAST_GROUPS or bool(sizes.max() > MOST_OF_A_LABEL * len(groups))


def _score(right: float, pictures: int, units: int) -> Score:
    """A share with Wilson's interval (1927); what is of one group counts once."""
    share = float(right / pictures)
    return Score(share, *wilson_bounds(share, units))
