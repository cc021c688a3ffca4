"""The examining tasks, from a run's folder to plain data that a pipe carries."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.results.conftest import ScoredRun, result_kinds, result_of
from tlcore.classifier.manifest import CLASSIFIER_FOLDER
from tlcore.results.explain.scored_pixels import spread
from tlcore.results.explain.tasks import detective_task, heat_task
from tlcore.results.robustness.stress_task import stress_task
from tlcore.results.score.predictions import read_predictions


def never() -> bool:
    return False


def test_heat_for_the_answer_and_for_any_label(scored_run: ScoredRun) -> None:
    copies = [str(path) for path in scored_run.copies()[:2]]
    payload = {
        "classifier": str(scored_run.folder / CLASSIFIER_FOLDER),
        "copies": [*copies, copies[0]],
        "labels": [None, 1, 0],
    }
    reply = result_of(heat_task(payload, never))
    first, second, other = reply["maps"]
    assert first["label"] == int(np.argmax(first["probabilities"]))
    assert (second["label"], other["label"]) == (1, 0)
    heat = np.array(first["heat"])
    assert heat.shape == (32, 32) and heat.min() == 0 and heat.max() == 1
    data = base64.b64decode(first["picture"].split(",")[1])
    assert Image.open(io.BytesIO(data)).width == Image.open(io.BytesIO(data)).height >= 48


def test_hidden_parts_and_stress_are_measured_once_and_kept(scored_run: ScoredRun) -> None:
    payload = {"home": str(scored_run.home), "run": scored_run.payload["run"]}
    evaluation = read_predictions(scored_run.folder).evaluation("test")
    assert evaluation is not None
    reply = result_of(detective_task(payload, never))
    assert (reply["total"], reply["whole"]) == (12, evaluation.right)
    assert reply["fires"] is False and 0 < reply["heat_outside"] < 1
    stress = result_of(stress_task(payload, never))
    assert stress["plain"] == pytest.approx(evaluation.accuracy) and len(stress["rows"]) == 21
    assert {row["kind"] for row in stress["rows"]} == {
        "blur", "noise", "darker", "brighter", "rotated", "jpeg", "smaller",
    }  # fmt: skip
    for row in stress["worst"]:
        assert all(shown["picture"].startswith("data:image/jpeg") for shown in row["shown"])
    for task in (detective_task, stress_task):
        assert result_kinds(task(payload, never)) == ["result"]
    for name in ("detective", "stress"):
        Path(scored_run.folder / f"{name}.json").unlink()
        task = detective_task if name == "detective" else stress_task
        assert "result" not in result_kinds(task(payload, lambda: True))


def test_a_sample_is_even(scored_run: ScoredRun) -> None:
    examples = read_predictions(scored_run.folder).of("test")
    assert spread(examples, 100) == examples
    few = spread(examples, 4)
    assert len(few) == 4 and few[0] is examples[0] and few[-1] is examples[-1]
