"""Which of several settings did better on the same pictures, and whether that is more than chance.

Only pictures that every run was scored on count, and each is compared with itself. It does not
know that a setting was chosen by looking at this verdict: with many settings the best one flatters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tlcore.results.figures.figures import percent
from tlcore.results.score.predictions import Predictions

DRAWS = 2000
CHANCE = 0.05
MUCH_QUICKER = 1.5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """One setting: for each of its runs, which examples it got right, and the seconds of a run.

    `learning` are those of the seconds in which it learned: looking at pictures, which only the
    first of several runs has to do, is left out.
    """

    name: str
    runs: tuple[Mapping[int, bool], ...]
    seconds: float | None = None
    learning: float | None = None


@dataclass(frozen=True)
class Standing:
    """How one setting did on the shared pictures: mean, lowest and highest share over its runs."""

    name: str
    accuracy: float
    lowest: float
    highest: float
    runs: int
    seconds: float | None
    learning: float | None = None


@dataclass(frozen=True)
class Gap:
    """How far `behind` lies behind the leader, as a share, with its interval.

    `clear` says that chance alone would hardly give it.
    """

    behind: str
    share: float
    low: float
    high: float
    clear: bool


@dataclass(frozen=True)
class Verdict:
    """The settings from best to worst, the gaps to the best, and what to say about it."""

    kind: Literal["ahead", "level"]
    pictures: int
    standings: tuple[Standing, ...]
    gaps: tuple[Gap, ...]

    @property
    def leader(self) -> Standing:
        return self.standings[0]

    @property
    def advised(self) -> Standing:
        """The setting to take: the leader, or a much quicker one that did as well."""
        pair = _much_quicker(self)
        return pair[0] if pair else self.leader

    @property
    def words(self) -> str:
        """The verdict as plain text, one to four sentences."""
        sentences = [_headline(self), *_gap_sentences(self), _time_sentence(self)]
        return " ".join(
            [*(sentence for sentence in sentences if sentence), _spread_sentence(self.standings)]
        )


def scores_of(
    name: str,
    predictions: Sequence[Predictions],
    split: str,
    seconds: float | None = None,
    learning: float | None = None,
) -> Scores:
    """The scores of one setting from what its runs said about the pictures of `split`."""
    runs = tuple(
        {prediction.example: prediction.right for prediction in predictions_of_run.of(split)}
        for predictions_of_run in predictions
    )
    return Scores(name, runs, seconds, learning)


def verdict(lanes: Sequence[Scores]) -> Verdict | None:
    """Compare two or more settings; None when fewer share scored pictures.

    The gap to the leader is clear when a paired sign-flip test over pictures rejects chance at
    5 % (shared among the comparisons) and the bootstrap interval, over pictures and runs, leaves
    out zero (Efron & Tibshirani 1993; the test holds for a handful of pictures, too).
    """
    lanes = [lane for lane in lanes if lane.runs]
    examples = sorted(set.intersection(*(set(run) for lane in lanes for run in lane.runs))
                      if lanes else ())  # fmt: skip
    if len(lanes) < 2 or not examples:
        return None
    tables = {lane.name: _table(lane, examples) for lane in lanes}
    standings = sorted(
        (_standing(lane, tables[lane.name]) for lane in lanes),
        key=lambda standing: -standing.accuracy,
    )
    first, *rest = standings
    chance = CHANCE / len(rest)
    gaps = tuple(
        _gap(standing.name, tables[first.name], tables[standing.name], chance) for standing in rest
    )
    kind: Literal["ahead", "level"] = "ahead" if gaps[0].clear else "level"
    return Verdict(kind, len(examples), tuple(standings), gaps)


def _table(lane: Scores, examples: Sequence[int]) -> Floats:
    """(runs, pictures): 1 where the answer was right."""
    return np.array([[run[example] for example in examples] for run in lane.runs], dtype=np.float64)


def _standing(lane: Scores, table: Floats) -> Standing:
    shares = table.mean(axis=1)
    return Standing(
        lane.name,
        float(shares.mean()),
        float(shares.min()),
        float(shares.max()),
        len(lane.runs),
        lane.seconds,
        lane.learning,
    )


def _gap(name: str, leader: Floats, other: Floats, chance: float) -> Gap:
    share = float(leader.mean() - other.mean())
    low, high = _interval(leader, other, chance)
    clear = low > 0 and _by_chance(leader.mean(axis=0) - other.mean(axis=0)) < chance
    return Gap(name, share, low, high, clear)


def _interval(leader: Floats, other: Floats, chance: float) -> tuple[float, float]:
    """The bootstrap interval of the gap: pictures drawn in pairs, runs of each for themselves."""
    random = np.random.default_rng(0)
    pictures = leader.shape[1]
    drawn = random.multinomial(pictures, np.full(pictures, 1 / pictures), DRAWS) / pictures
    means = []
    for table in (leader, other):
        runs = len(table)
        weights = random.multinomial(runs, np.full(runs, 1 / runs), DRAWS) / runs
        means.append(((weights @ table) * drawn).sum(axis=1))
    low, high = np.quantile(means[0] - means[1], [chance / 2, 1 - chance / 2])
    return float(low), float(high)


def _by_chance(differences: Floats) -> float:
    """The share of random sign flips whose sum is at least as far from zero (two-sided)."""
    differing = differences[differences != 0]
    if differing.size == 0:
        return 1.0
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(DRAWS, differing.size))
    sums = np.abs(signs @ differing)
    as_far = (sums >= abs(differing.sum()) - 1e-9).sum()
    return float((as_far + 1) / (DRAWS + 1))


def _headline(comparison: Verdict) -> str:
    if comparison.kind == "ahead":
        return f"“{comparison.leader.name}” is ahead: {percent(comparison.leader.accuracy)} right."
    level = _level_with_leader(comparison)
    names = _listed([f"“{standing.name}”" for standing in level])
    shares = _listed([percent(standing.accuracy) for standing in level])
    return (
        f"{names} are too close to call: {shares} right. "
        f"On {comparison.pictures:,} pictures, a gap this small can be chance."
    )


def _level_with_leader(comparison: Verdict) -> list[Standing]:
    unclear = {gap.behind for gap in comparison.gaps if not gap.clear}
    return [
        comparison.leader,
        *(standing for standing in comparison.standings if standing.name in unclear),
    ]


def _gap_sentences(comparison: Verdict) -> list[str]:
    accuracy = {standing.name: standing.accuracy for standing in comparison.standings}
    return [
        f"“{gap.behind}” got {percent(accuracy[gap.behind])}, {_points(gap.share)} less; on other "
        f"pictures like these, expect {_range(gap.low, gap.high)} less."
        for gap in comparison.gaps
        if gap.clear
    ]


def _time_sentence(comparison: Verdict) -> str:
    """Of settings too close to call, name the much quicker one."""
    pair = _much_quicker(comparison)
    if pair is None:
        return ""
    quick, slow = pair
    return (
        f"“{quick.name}” was ready in {_time(quick.seconds)}, “{slow.name}” in "
        f"{_time(slow.seconds)}: take the quicker one."
    )


def _much_quicker(comparison: Verdict) -> tuple[Standing, Standing] | None:
    """The quickest and the slowest of settings too close to call, if it is worth a word.

    It is not where the slow one was only the first to look at the pictures.
    """
    timed = [standing for standing in _level_with_leader(comparison) if standing.seconds]
    if len(timed) < 2:
        return None
    quick = min(timed, key=lambda standing: standing.seconds or 0.0)
    slow = max(timed, key=lambda standing: standing.seconds or 0.0)
    pairs = [(slow.seconds, quick.seconds), (slow.learning, quick.learning)]
    known = [(long or 0.0, short or 0.0) for long, short in pairs if long and short]
    return (quick, slow) if all(long >= MUCH_QUICKER * short for long, short in known) else None


def _time(seconds: float | None) -> str:
    whole = round(seconds or 0.0)
    return f"{whole // 60} min {whole % 60} s" if whole >= 60 else f"{seconds or 0.0:.0f} s"


def _spread_sentence(standings: Sequence[Standing]) -> str:
    if max(standing.runs for standing in standings) < 2:
        return "Each was trained once; repeats would show how much is luck."
    spread = "; ".join(
        f"“{standing.name}” {_ends(standing)}" for standing in standings if standing.runs > 1
    )
    return f"Over the repeats: {spread}."


def _ends(standing: Standing) -> str:
    lowest, highest = percent(standing.lowest), percent(standing.highest)
    return f"{lowest} each time" if lowest == highest else f"{lowest} to {highest}"


def _points(share: float) -> str:
    number = round(100 * share)
    return f"{number} {'point' if number == 1 else 'points'}"


def _range(low: float, high: float) -> str:
    """The ends of an interval of shares as points, as one number where they round to it."""
    first, last = round(100 * low), round(100 * high)
    return _points(low) if first == last else f"{first} to {last} points"


def _listed(parts: Sequence[str]) -> str:
    """“a”, “a and b”, “a, b and c”."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
