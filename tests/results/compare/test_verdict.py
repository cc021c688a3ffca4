"""The verdict of a race: ahead or too close to call, and never more than the pictures say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlcore.results.compare.verdict import Scores, scores_of, verdict
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.predictions import Predictions


def scores(name: str, *shares: float, pictures: int = 100, seconds: float | None = None) -> Scores:
    """Runs that got these shares of the pictures right, the easy pictures first."""
    runs = tuple(
        {example: example < share * pictures for example in range(pictures)} for share in shares
    )
    return Scores(name, runs, seconds)


def test_a_wide_gap_is_more_than_chance() -> None:
    result = verdict([scores("From scratch", 0.5), scores("Transfer", 0.9)])
    assert result is not None and result.kind == "ahead"
    assert result.leader.name == "Transfer"
    [gap] = result.gaps
    assert gap.share == pytest.approx(0.4)
    assert 0.25 < gap.low < 0.4 < gap.high < 0.55
    assert result.words.startswith("“Transfer” is ahead: 90 % right.")
    assert "“From scratch” got 50 %, 40 points less" in result.words
    assert "trained once" in result.words


def test_a_narrow_gap_can_be_chance_and_then_time_decides() -> None:
    quick = scores("Frozen", 0.86, seconds=12)
    result = verdict([quick, scores("Fine-tuned", 0.88, seconds=200)])
    assert result is not None and result.kind == "level"
    assert "“Fine-tuned” and “Frozen” are too close to call: 88 % and 86 % right" in result.words
    assert "“Frozen” was ready in 12 s, “Fine-tuned” in 3 min 20 s" in result.words

    assert result.advised.name == "Frozen" and result.leader.name == "Fine-tuned"


def test_whoever_only_looked_at_the_pictures_first_is_not_called_slow() -> None:
    first = Scores("first", scores("first", 0.88).runs, seconds=15.0, learning=0.9)
    later = Scores("later", scores("later", 0.86).runs, seconds=1.0, learning=0.8)
    result = verdict([first, later])
    assert result is not None and result.kind == "level"
    assert "quicker" not in result.words and result.advised.name == "first"
    slower = verdict([replace(first, learning=8.0), later])
    assert slower is not None and "take the quicker one" in slower.words


@pytest.mark.parametrize("pictures", [1, 3, 5])
def test_a_handful_of_pictures_proves_nothing(pictures: int) -> None:
    result = verdict([scores("a", 1.0, pictures=pictures), scores("b", 0.0, pictures=pictures)])
    assert result is not None and result.kind == "level"


def test_equal_answers_are_level() -> None:
    result = verdict([scores("a", 0.7), scores("b", 0.7)])
    assert result is not None and result.kind == "level"
    assert result.gaps[0].share == result.gaps[0].low == result.gaps[0].high == 0


def test_three_lanes_two_of_them_level() -> None:
    result = verdict([scores("c", 0.4), scores("b", 0.89), scores("a", 0.9)])
    assert result is not None
    assert [standing.name for standing in result.standings] == ["a", "b", "c"]
    assert [gap.clear for gap in result.gaps] == [False, True]
    assert "“a” and “b” are too close to call" in result.words
    assert "“c” got 40 %" in result.words


def test_repeats_show_their_spread() -> None:
    result = verdict([scores("a", 0.8, 0.9, 0.85), scores("b", 0.5, 0.4, 0.45)])
    assert result is not None and result.kind == "ahead"
    assert (result.leader.lowest, result.leader.highest) == (pytest.approx(0.8), pytest.approx(0.9))
    assert result.words.endswith("Over the repeats: “a” 80 % to 90 %; “b” 40 % to 50 %.")


def test_repeats_that_agree_say_so() -> None:
    result = verdict([scores("a", 0.8, 0.8), scores("b", 0.5, 0.4)])
    assert result is not None and "“a” 80 % each time; “b” 40 % to 50 %" in result.words


def test_repeats_that_scatter_widen_the_interval() -> None:
    steady = verdict([scores("a", 0.8, 0.8, 0.8), scores("b", 0.7, 0.7, 0.7)])
    shaky = verdict([scores("a", 0.95, 0.8, 0.65), scores("b", 0.85, 0.7, 0.55)])
    assert steady is not None and shaky is not None
    width = [result.gaps[0].high - result.gaps[0].low for result in (steady, shaky)]
    assert width[1] > 1.5 * width[0]


def test_only_pictures_that_all_were_scored_on_count() -> None:
    a = Scores("a", ({1: True, 2: True, 3: False},))
    result = verdict([a, Scores("b", ({2: True, 3: True, 4: False},))])
    assert result is not None and result.pictures == 2
    assert result.leader.name == "b" and result.leader.accuracy == 1.0
    assert verdict([a, Scores("c", ({9: True},))]) is None
    assert verdict([a, Scores("c", ())]) is None
    assert verdict([]) is None


def test_scores_come_from_predictions_of_one_split() -> None:
    predictions = Predictions(
        ("x", "y"),
        0,
        (
            Prediction(1, "p1", "test", 0, (0.9, 0.1)),
            Prediction(2, "p2", "test", 0, (0.2, 0.8)),
            Prediction(3, "p3", "validation", 0, (0.9, 0.1)),
        ),
    )
    assert scores_of("a", [predictions], "test", 3.0) == Scores("a", ({1: True, 2: False},), 3.0)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10_000))
def test_chance_alone_is_seldom_called_a_win(seed: int) -> None:
    """Two equal coins: over many races no more than about one in twenty may be called ahead."""
    random = np.random.default_rng(seed)
    called = 0
    for _ in range(20):
        runs = random.random((2, 40)) < 0.7
        answers = [dict(enumerate(run.tolist())) for run in runs]
        lanes = [Scores("a", (answers[0],)), Scores("b", (answers[1],))]
        result = verdict(lanes)
        called += result is not None and result.kind == "ahead"
    assert called <= 6


def test_a_setting_with_a_few_mistakes_is_not_said_to_be_right_always() -> None:
    result = verdict([scores("a", 0.996, pictures=1000), scores("b", 0.5, pictures=1000)])
    assert result is not None and "“a” is ahead: over 99 % right." in result.words
