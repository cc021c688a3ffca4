"""Reports about a project's pictures as plain data and plain words: forecast, map, grouping."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from tlcore.errors import GraftError
from tlcore.images.stored_splits import BRIDGES
from tlcore.jobs.events import Event
from tlcore.jobs.stopping import Stop
from tlcore.quality.checkup.copies import find_copies
from tlcore.quality.features import example_features
from tlcore.quality.forecast import (
    LabelGain,
    LearningCurve,
    PowerLaw,
    fit_curve,
    label_gains,
    learning_curve,
)
from tlcore.quality.group_effect import GroupingScores, Score, grouping_scores
from tlcore.quality.groups import by_copies, by_day, by_pattern, unit_numbers
from tlcore.quality.linear import Targets
from tlcore.quality.pictures import ProjectPictures
from tlcore.quality.similarity_map import neighbour_map, principal, quick_map
from tlcore.quality.wilson import wilson_bounds
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures
from tlcore.workspace.records import Example

LEAST_PER_LABEL = 8
DRAWN_TO = 4.0  # times as many pictures as now
WORTH_SAYING = 0.005
Report = dict[str, Any]


def forecast(
    pictures: ProjectPictures, backbone: str, stop: Stop
) -> Generator[Event, None, Report]:
    """What more pictures would do; see `tasks.forecast_task`. Test pictures are left out."""
    usable = _learned_from(pictures, LEAST_PER_LABEL)
    examples, targets, known, groups = _divisible(*usable)
    if len(known) < 2:
        raise GraftError(
            f"There are too few pictures for a forecast: it takes {LEAST_PER_LABEL} to learn from "
            "of at least two labels, and not all of one recording or copies of one another.",
            "Add different pictures, then ask again.",
        )
    features = yield from example_features(pictures.home, examples, backbone, stop)
    curve = yield from learning_curve(features, targets, len(known), groups, stop=stop)
    law, names = fit_curve(curve), pictures.names
    gains = label_gains(curve, law)
    now = float(curve.accuracy[-1])
    alone = [names[int(label)] for label in np.setdiff1d(usable[2], known)]
    total = len(examples)
    return {
        "points": _measured_points(curve, total),
        "curve": [
            {"pictures": round(times * total), "accuracy": law.accuracy(times)}
            for times in np.geomspace(curve.shares[0], DRAWN_TO, 25).tolist()
        ],
        "labels": [_label(gain, known, names, curve.per_label) for gain in gains],
        "words": _forecast_words(now, law, gains[0], names[int(known[gains[0].label])], total)
        + _left_out(alone),
    }  # fmt: skip


def _measured_points(curve: LearningCurve, total: int) -> list[dict[str, Any]]:
    """The measured accuracies of a learning curve up to `total` pictures, with 95 % intervals."""
    points = []
    tested = curve.tested.sum(axis=1)
    for share, accuracy, count in zip(curve.shares, curve.accuracy, tested, strict=True):
        low, high = wilson_bounds(float(accuracy), float(count))
        points.append(
            {
                "pictures": round(share * total),
                "accuracy": float(accuracy),
                "low": low,
                "high": high,
            }
        )
    return points


def picture_map(
    pictures: ProjectPictures, backbone: str, stop: Stop
) -> Generator[Event, None, Report]:
    """The map; see `tasks.map_task`."""
    examples = pictures.examples
    if len(examples) < 3:
        raise GraftError("There are too few pictures for a map.", "Add at least three.")
    features = yield from example_features(pictures.home, examples, backbone, stop)
    directions = principal(features)
    yield Event("partial", {"points": _points(examples, quick_map(directions)), "method": "PCA"})
    points = neighbour_map(directions)
    return {"points": _points(examples, points), "method": "t-SNE"}


def grouping(
    pictures: ProjectPictures, payload: Mapping[str, Any], backbone: str, stop: Stop
) -> Generator[Event, None, Report]:
    """Random against grouped; see `tasks.grouping_task`. Test pictures are left out."""
    examples, targets, known = _learned_from(pictures, 2)
    if len(known) < 2:
        raise GraftError("There are fewer than two labels to tell apart.", "Add another label.")
    groups = group_numbers(pictures, examples, payload)
    features = yield from example_features(pictures.home, examples, backbone, stop)
    scores = yield from grouping_scores(features, targets, groups, stop=stop)
    names = [pictures.names[int(known[label])] for label in scores.alone]
    return {
        "random": _score(scores.random),
        "grouped": _score(scores.grouped),
        "flatters": scores.flatters,
        "groups": scores.groups,
        "pictures": scores.pictures,
        "alone": names,
        "words": _grouping_words(scores, names),
    }


def group_numbers(
    pictures: ProjectPictures, examples: tuple[Example, ...], payload: Mapping[str, Any]
) -> Targets:
    """A number (N,) for the group of each example, as the payload says; alone where it has none."""
    given = payload.get("groups")
    by = str(payload.get("by") or "group")
    if isinstance(given, Mapping):
        names = [given.get(str(example.id)) for example in examples]
    elif by == "pattern":
        shown = [example.source_name for example in examples]
        names = list(by_pattern(shown, str(payload.get("pattern") or "")))
    elif by == "date":
        stored = Pictures(Layout(pictures.home).pictures)
        names = list(by_day([stored.original(example.picture) for example in examples]))
    elif by == "near":
        names = list(by_copies(examples))
    else:
        names = [example.group for example in examples]
    numbers: dict[str, int] = {}
    alone = len(examples)
    return np.array(
        [
            alone + place if name is None else numbers.setdefault(str(name), len(numbers))
            for place, name in enumerate(names)
        ],
        dtype=np.int64,
    )


def _learned_from(
    pictures: ProjectPictures, least: int
) -> tuple[tuple[Example, ...], Targets, Targets]:
    """Labelled examples that are not under test, of labels with enough of them, as targets."""
    seen = [example for example in pictures.seen if BRIDGES not in example.flags]
    answers = np.array([pictures.label_of(example) or 0 for example in seen], dtype=np.int64)
    labels, counts = np.unique(answers, return_counts=True)
    kept = np.flatnonzero(np.isin(answers, labels[counts >= least]))
    known, targets = np.unique(answers[kept], return_inverse=True)
    return tuple(seen[place] for place in kept), np.asarray(targets, np.int64), known


def _divisible(
    examples: tuple[Example, ...], targets: Targets, known: Targets
) -> tuple[tuple[Example, ...], Targets, Targets, Targets]:
    """The same with the group of each, without labels of which no picture can be held back.

    Where all pictures of a label belong together, what is learned without them never saw it.
    """
    groups = _units(examples)
    parts = [len(np.unique(groups[targets == label])) for label in range(len(known))]
    apart = np.flatnonzero(np.array(parts, dtype=np.int64) > 1)
    kept = np.flatnonzero(np.isin(targets, apart))
    again = np.searchsorted(apart, targets[kept]).astype(np.int64)
    return tuple(examples[place] for place in kept), again, known[apart], groups[kept]


def _units(examples: tuple[Example, ...]) -> Targets:
    """What must not be divided: a person's groups and copies."""
    copies = find_copies(
        [example.picture for example in examples], [example.perceptual_hash for example in examples]
    )
    return unit_numbers(examples, [group.members for group in copies])


def _label(
    gain: LabelGain, known: Targets, names: Mapping[int, str], per_label: np.ndarray
) -> dict[str, Any]:
    label = int(known[gain.label])
    return {
        "label": label,
        "name": names[label],
        "pictures": int(per_label[gain.label]),
        "accuracy": gain.recall,
        "more": gain.more,
        "label_gain": gain.label_gain,
        "gain": gain.gain,
    }


def _forecast_words(now: float, law: PowerLaw, best: LabelGain, name: str, total: int) -> str:
    twice = law.accuracy(2.0)
    words = (
        f"With the {total} pictures for training and validation, a quick classifier answers about "
        f"{100 * now:.0f} of 100 rightly. With twice as many, it would be about "
        f"{100 * max(now, twice):.0f}."
    )
    if best.label_gain < WORTH_SAYING:
        return words + " More pictures would hardly help; better or more different ones may."
    return words + f" About {best.more} more pictures of “{name}” would gain most."


def _grouping_words(scores: GroupingScores, alone: list[str]) -> str:
    by = 100 * scores.flatters
    if by >= 1:
        words = (
            f"A random split would say {100 * scores.random.mean:.0f} of 100 right; on groups that "
            f"it has never seen it is {100 * scores.grouped.mean:.0f}. The random split flatters "
            f"by {by:.0f} points: keep groups together."
        )
    else:
        words = (
            f"On groups that it has never seen, {100 * scores.grouped.mean:.0f} of 100 are right, "
            "as many as with a random split: the groups make no difference here."
        )
    return words + _left_out(alone, "their pictures are of one or two groups, or nearly so")


def _left_out(names: list[str], why: str = "all their pictures are of one group") -> str:
    if not names:
        return ""
    listed = ", ".join(f"“{name}”" for name in names)
    return f" Left out, because {why}: {listed}."


def _score(score: Score) -> dict[str, Any]:
    return {"mean": score.mean, "low": score.low, "high": score.high}


def _points(examples: tuple[Example, ...], points: np.ndarray) -> list[dict[str, Any]]:
    return [
        {"example": example.id, "x": round(float(x), 5), "y": round(float(y), 5)}
        for example, (x, y) in zip(examples, points, strict=True)
    ]
