"""Scores from answers, checked against scikit-learn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as reference

from tlcore.results.score.evaluate import Prediction, cell, evaluate

LABELS = ("ant", "bee", "cat")


def scored(target: int, *probabilities: float, example: int = 0) -> Prediction:
    return Prediction(example, "0" * 64, "test", target, probabilities)


def test_words_beside_the_most_frequent_label() -> None:
    answers = [scored(0, 0.8, 0.1, 0.1)] * 3 + [scored(1, 0.6, 0.3, 0.1), scored(2, 0, 0, 1)]
    result = evaluate(LABELS, answers)
    assert result is not None
    assert result.words == "4 of 5 right"
    assert (result.frequent_label, result.frequent_right) == ("ant", 3)
    assert result.accuracy == 0.8
    evaluation = evaluate(LABELS, answers, frequent=1)
    assert evaluation is not None and evaluation.frequent_right == 1


def test_nothing_scored_is_no_score() -> None:
    assert evaluate(LABELS, []) is None


def test_mistakes_come_surest_first() -> None:
    answers = [
        scored(1, 0.5, 0.4, 0.1, example=1),
        scored(1, 0.9, 0.1, 0.0, example=2),
        scored(0, 0.9, 0.1, 0.0, example=3),
    ]
    result = evaluate(LABELS, answers)
    assert result is not None
    assert [prediction.example for prediction in result.mistakes] == [2, 1]
    assert [prediction.example for prediction in cell(answers, 1, 0)] == [2, 1]


def test_a_label_without_pictures_has_no_share() -> None:
    result = evaluate(LABELS, [scored(0, 1, 0, 0)])
    assert result is not None
    assert (result.per_label[2].recall, result.per_label[2].precision) == (None, None)
    assert (result.per_label[0].recall, result.per_label[0].precision) == (1, 1)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=40))
def test_confusion_is_scikit_learns(pairs: list[tuple[int, int]]) -> None:
    answers = [scored(t, *np.eye(3)[a].tolist()) for t, a in pairs]
    result = evaluate(LABELS, answers)
    assert result is not None
    targets, answered = zip(*pairs, strict=True)
    expected = reference(targets, answered, labels=[0, 1, 2])
    assert np.array_equal(np.array(result.confusion), expected)
    assert result.right == int(np.trace(expected))
    assert sum(score.predicted for score in result.per_label) == result.total == len(pairs)
