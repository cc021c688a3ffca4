"""The sentences of the results page, for few pictures as for many."""

from __future__ import annotations

import pytest

from pages.parts.results.before_after import gain_words, nearness_words
from pages.parts.results.by_label import _sentence
from tlcore.results.score.evaluate import LabelScore


@pytest.mark.parametrize(
    ("score", "words"),
    [
        ((4, 1, 1), "Of the 4 pictures of **x**, 1 was found. It said “x” once, rightly."),
        ((4, 2, 2), "Of the 4 pictures of **x**, 2 were found. It said “x” 2 times, both rightly."),
        ((4, 3, 3), "3 were found. It said “x” 3 times, all of them rightly."),
        ((1, 0, 1), "The one picture of **x** was not found. It said “x” once, wrongly."),
        ((1, 1, 3), "was found. It said “x” 3 times, and 2 of them wrongly."),
        ((4, 0, 2), "0 were found. It said “x” 2 times, each time wrongly."),
        ((4, 0, 0), "0 were found. It never answered “x”."),
    ],
)
def test_label_sentences_use_the_right_number(score: tuple[int, int, int], words: str) -> None:
    assert _sentence(LabelScore("x", *score)).endswith(words)


def test_what_did_not_change_is_not_put_down_to_chance() -> None:
    assert gain_words(0, 0).startswith("Nothing") and "chance" not in gain_words(0, 0)
    assert "gained 1 picture and lost 0. That may well be chance." in gain_words(1, 0)
    assert "gained 20 pictures and lost 2. That is more than chance." in gain_words(20, 2)


def test_chance_stands_beside_the_nearest() -> None:
    few = nearness_words({"share": 0.35, "chance": 3 / 19, "most": 3})
    assert "the 3 pictures nearest" in few and "35 %" in few and "16 %" in few
    assert "the one picture nearest" in nearness_words({"share": 1, "chance": 0.1, "most": 1})
