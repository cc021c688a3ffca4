"""Predictions survive the trip to their file, and give the scores that pages show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlcore.errors import NotFound
from tlcore.results.score.evaluate import Prediction
from tlcore.results.score.predictions import (
    PREDICTIONS_NAME,
    Predictions,
    read_predictions,
    score_data,
    scored,
    write_predictions,
)

SHA = "a" * 64
SAID = Predictions(
    ("ant", "<bee>"),
    1,
    (
        Prediction(1, SHA, "test", 0, (0.75, 0.25), (1.5, -0.5)),
        Prediction(2, SHA, "test", 1, (0.5, 0.5)),
        Prediction(3, SHA, "validation", 1, (0.125, 0.875)),
    ),
    1.5,
)


def test_the_file_gives_back_what_was_written(tmp_path: Path) -> None:
    write_predictions(tmp_path / "run" / PREDICTIONS_NAME, SAID)
    assert read_predictions(tmp_path / "run") == SAID
    assert [path.name for path in (tmp_path / "run").iterdir()] == [PREDICTIONS_NAME]


def test_scores_per_split_beside_the_most_frequent_training_label() -> None:
    data = score_data(SAID)
    assert data["test"]["words"] == "1 of 2 right"
    assert data["test"]["frequent_label"] == "<bee>"
    assert data["test"]["frequent_right"] == 1
    assert data["validation"]["accuracy"] == 1.0
    assert score_data(Predictions(("a", "b"), 0, ()))["test"] is None


@pytest.mark.parametrize("text", [None, "", "{}", "[]", '{"labels": ["a"], "examples": [{}]}'])
def test_a_run_without_sound_predictions_has_no_scores(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / PREDICTIONS_NAME).write_text(text, encoding="utf-8")
    with pytest.raises(NotFound):
        read_predictions(tmp_path)


def test_logits_are_those_stored_or_those_that_the_probabilities_imply() -> None:
    assert SAID.judged == "test" and SAID.targets("test").tolist() == [0, 1]
    logits = SAID.logits("test")
    assert logits[0].tolist() == [1.5, -0.5]
    again = scored([(2, SHA, "test", 1)], [logits[1]], SAID.temperature)
    assert again[0].probabilities == pytest.approx((0.5, 0.5))
    assert SAID.logits("training").shape == (0, 2)
    assert scored([], []) == []
