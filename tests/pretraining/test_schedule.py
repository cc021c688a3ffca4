"""The schedule ends when the time is over, whatever happens on the way."""

import time

import pytest

from pretraining.schedule import Progress, one_cycle, size_at


def test_steps_are_counted() -> None:
    progress = Progress(steps=4)
    shares = []
    while not progress.finished:
        progress.advance()
        shares.append(progress.share)
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_minutes_end_on_time_even_after_a_slow_start() -> None:
    progress = Progress(minutes=0.5 / 60)
    began, shares = time.monotonic(), []
    while not progress.finished:
        time.sleep(0.1 if len(shares) == 1 else 0.01)
        progress.advance()
        shares.append(progress.share)
    assert 0.45 < time.monotonic() - began < 2
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_a_training_that_goes_on_needs_only_what_is_left() -> None:
    progress = Progress(minutes=0.2 / 60, share=0.9)
    time.sleep(0.1)
    progress.advance()
    assert 0.93 < progress.share < 0.999 or progress.finished


def test_the_rate_rises_and_comes_down() -> None:
    rates = [one_cycle(share / 100, 1.0) for share in range(101)]
    assert rates[0] == pytest.approx(0.02)
    assert rates[4] == 1.0
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[100] == pytest.approx(0.001)


@pytest.mark.parametrize(("share", "size"), [(0.0, 64), (0.39, 64), (0.41, 96), (1.0, 128)])
def test_sizes_follow_one_another(share: float, size: int) -> None:
    assert size_at(share, ((64, 0.4), (96, 0.4), (128, 0.2))) == size
