"""A run's history, gathered from its events; its curves and its seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pages.parts.run.curves import MOST_STEPS, chart_words, smoothed, thinned
from pages.parts.run.history import History
from pages.parts.run.words import duration, seconds_worked
from pages.parts.train.run_view import validation_accuracy
from tlcore.training.fit.reporting.events import EpochDone
from tlcore.workspace.records import Run, RunState, StoredEvent


def event(sequence: int, kind: str, at: float = 0.0, **data: Any) -> StoredEvent:
    return StoredEvent(sequence, kind, dict(data), at)


def epoch(number: int, *, best: bool = False, accuracy: float = 0.5) -> dict[str, Any]:
    return {
        "epoch": number, "epochs": 4, "train_loss": 1.0 / number, "train_accuracy": accuracy,
        "validation_loss": 1.1 / number, "validation_accuracy": accuracy, "best": best,
        "seconds_left": 3.0,
    }  # fmt: skip


def step(sequence: int, position: float, loss: float | None) -> StoredEvent:
    data = {"epoch": 1, "epochs": 4, "step": sequence, "position": position, "loss": loss}
    return event(sequence, "step", **data)


def test_history_takes_each_event_once() -> None:
    history = History()
    history.absorb([step(1, 0.5, 1.0), event(2, "epoch", **epoch(1))])
    history.absorb([step(3, 1.5, 0.8)])
    assert history.sequence == 3
    assert history.steps == [(0.5, 1.0), (1.5, 0.8)]
    assert len(history.epochs) == 1


def test_history_says_what_is_happening() -> None:
    history = History()
    doing = "Looking at your pictures once"
    history.absorb([event(1, "progress", 10.0, doing=doing, done=0, total=500)])
    history.absorb([event(2, "progress", 14.0, doing=doing, done=200, total=500)])
    assert history.doing == "Looking at your pictures once: 200 of 500"
    assert history.share_done == 0.4
    assert history.seconds_left == 6.0
    words = "Only the new head learns"
    history.absorb([event(3, "phase", words=words), event(4, "epoch", **epoch(1))])
    assert history.doing == "Only the new head learns"
    assert history.share_done == 0.25
    assert history.seconds_left == 3.0


def test_history_knows_the_best_epoch_and_when_phases_began() -> None:
    history = History()
    history.absorb([
        event(1, "phase", words="one"),
        event(2, "epoch", **epoch(1, best=True)),
        event(3, "epoch", **epoch(2, best=True, accuracy=0.75)),
        event(4, "phase", words="two"),
        event(5, "epoch", **epoch(3)),
    ])  # fmt: skip
    assert history.best is not None and history.best.epoch == 2
    assert history.phase_starts == [0, 2]
    assert [row.epoch for row in history.phase_epochs] == [3]


def test_a_history_goes_back_where_its_run_went_on() -> None:
    history = History()
    history.absorb(
        [
            event(1, "phase", words="one"),
            *(step(1 + n, 0.5 * n, 1.0) for n in range(1, 6)),
            event(7, "epoch", **epoch(1)),
            event(8, "epoch", **epoch(2)),
            event(9, "phase", words="two"),
            event(10, "resumed", epochs=1, position=1.5, steps=3, phase=1, seconds=12.5),
        ]
    )
    assert [position for position, _ in history.steps] == [0.5, 1.0, 1.5]
    assert [row.epoch for row in history.epochs] == [1]
    assert [phase.words for phase in history.phases] == ["one"]
    assert history.seconds_before == 12.5


@pytest.mark.parametrize("name", ["validation_accuracy", "val_accuracy"])  # today's and the old
def test_the_validation_accuracy_is_that_of_what_is_kept(name: str) -> None:
    began = datetime.now(UTC)
    run = Run("r", "p", 1, "f", {}, {}, RunState.FINISHED, began, began, began, summary={name: 0.9})
    best = EpochDone(**epoch(2, best=True, accuracy=0.75))
    assert validation_accuracy(run, best) == 0.9
    assert validation_accuracy(replace(run, summary={}), best) == 0.75
    assert validation_accuracy(replace(run, summary={}), None) is None


@pytest.mark.parametrize(
    ("state", "summary", "seconds"),
    [
        (RunState.RUNNING, {}, 70),  # what came before, and ten seconds since it goes on
        (RunState.RUNNING, {"seconds": {"total": 65}}, 75),
        (RunState.QUEUED, {"seconds": {"total": 65}}, 65),
        (RunState.PAUSED, {"seconds": {"total": 65}}, 65),
        (RunState.FINISHED, {"seconds": {"total": 90}}, 90),
        (RunState.LOST, {}, 64),
    ],
)
def test_a_rest_is_not_counted_as_time(
    state: RunState, summary: dict[str, Any], seconds: float
) -> None:
    began = datetime.now(UTC) - timedelta(seconds=10)
    ended = None if state in (RunState.RUNNING, RunState.QUEUED) else began + timedelta(seconds=4)
    run = Run("r", "p", 1, "f", {}, {}, state, began, began, ended, summary=summary)
    assert seconds_worked(run, before=60) == pytest.approx(seconds, abs=2)


def test_the_time_does_not_run_backwards_when_a_run_ends() -> None:
    """Its process woke for four of ten seconds: they are no part of its work, now or later."""
    began = datetime.now(UTC) - timedelta(seconds=10)
    run = Run("r", "p", 1, "f", {}, {}, RunState.RUNNING, began, began, None)
    history = History()
    spoke = (began + timedelta(seconds=4)).timestamp()
    history.absorb([event(1, "phase", at=spoke, words="one")])
    going = seconds_worked(run, history.seconds_before, history.began)
    ended = replace(run, state=RunState.FINISHED, summary={"seconds": {"total": 6.2}})
    assert going == pytest.approx(6, abs=1)
    assert (seconds_worked(ended, history.seconds_before, history.began) or 0) >= 6.2


def test_a_run_that_goes_on_tells_what_came_after_its_checkpoint_again() -> None:
    history = History()
    history.absorb([
        event(1, "phase", words="one"),
        step(2, 1.0, 1.0), event(3, "epoch", **epoch(1, best=True)),
        event(4, "phase", words="two"),
        step(5, 2.0, 0.5), event(6, "epoch", **epoch(2, best=True)),
        step(7, 2.5, 0.4),
        event(8, "resumed", epochs=1, position=1.0, steps=4, phase=1),
    ])  # fmt: skip
    assert [row.epoch for row in history.epochs] == [1]
    assert history.steps == [(1.0, 1.0)]
    assert history.best is not None and history.best.epoch == 1
    assert (history.phase_starts, history.doing) == ([0], "one")
    history.absorb([event(9, "phase", words="two"), event(10, "epoch", **epoch(2))])
    assert history.phase_starts == [0, 1]
    assert [row.epoch for row in history.epochs] == [1, 2]
    history.absorb([event(11, "resumed", epochs=0, position=0.0, steps=0, phase=0)])
    assert (history.epochs, history.steps, history.phases) == ([], [], [])


def test_a_loss_that_is_no_number_is_left_out() -> None:
    history = History()
    history.absorb([step(1, 0.5, None)])
    assert history.steps == []


def test_thinned_points_stay_where_they_were() -> None:
    points = [(float(i), float(i)) for i in range(1, 3000)]
    earlier, later = thinned(points[:2000]), thinned(points)
    assert len(later) <= MOST_STEPS + 1
    assert later[-1] == points[-1]
    assert set(earlier[:-1]) >= {point for point in later if point[0] <= 1990}


def test_smoothing_starts_at_the_first_value() -> None:
    assert smoothed([2.0, 2.0, 2.0]) == [2.0, 2.0, 2.0]
    assert 1.0 < smoothed([2.0, 1.0])[1] < 2.0


def test_the_curves_are_described_for_those_who_cannot_see_them() -> None:
    assert "no point yet" in chart_words([])
    assert "75 % right" in chart_words([EpochDone(**epoch(1, accuracy=0.75))])


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, "–"), (7.2, "7 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")]
)
def test_durations_in_words(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words
