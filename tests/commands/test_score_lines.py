"""Tests of tlcore/commands/score_lines.py: what a score rests on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from tlcore.commands.score_lines import LEAST_FOR_SHARE, SplitScore


def test_few_pictures_have_no_share() -> None:
    assert SplitScore.of(1.0, 9) == SplitScore(9, 9)
    assert SplitScore(9, 9).words == "9 of 9 right: too few to say a share"
    assert SplitScore(9, 9).to_data()["share"] is None
    assert SplitScore(57, 60).words == "95.0 % right (57 of 60)"
    assert SplitScore.of(None, 9) is None and SplitScore.of(1.0, 0) is None


@given(some.integers(1, 5000).flatmap(lambda n: some.tuples(some.integers(0, n), some.just(n))))
def test_the_count_comes_back_from_the_share(pair: tuple[int, int]) -> None:
    right, total = pair
    score = SplitScore.of(right / total, total)
    assert score == SplitScore(right, total)
    assert score is not None and (f"{right} of {total}" in score.words)
    assert ("%" in score.words) == (total >= LEAST_FOR_SHARE)
