"""The train page: what it gathers from events, and a whole run from click to score."""

from __future__ import annotations

from pages.parts.curves import MOST_STEPS, described, smoothed, thinned
from pages.parts.run_state import History
from tlcore.workspace.records import StoredEvent


def event(sequence: int, kind: str, at: float = 0.0, **data: object) -> StoredEvent:
    return StoredEvent(sequence, kind, dict(data), at)


def epoch(number: int, *, best: bool = False, accuracy: float = 0.5) -> dict[str, object]:
    return {
        "epoch": number, "epochs": 4, "train_loss": 1.0 / number, "train_accuracy": accuracy,
        "validation_loss": 1.1 / number, "validation_accuracy": accuracy, "best": best,
        "seconds_left": 3.0,
    }  # fmt: skip


def test_history_takes_each_event_once() -> None:
    history = History()
    history.absorb([event(1, "step", position=0.5, loss=1.0), event(2, "epoch", **epoch(1))])
    history.absorb([event(3, "step", position=1.5, loss=0.8)])
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
    assert history.best is not None and history.best["epoch"] == 2
    assert history.phase_starts == [0, 2]


def test_a_loss_that_is_no_number_is_left_out() -> None:
    history = History()
    history.absorb([event(1, "step", position=0.5, loss=None)])
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
    assert "no point yet" in described([])
    assert "75 % right" in described([epoch(1, accuracy=0.75)])
