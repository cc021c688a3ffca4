"""Strange pictures, the map and the report of a run, from its folder to plain data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.results.conftest import ScoredRun, result_kinds, result_of
from tlcore.errors import NotFound
from tlcore.results.explain.mapping import alike, map_task, places
from tlcore.results.report.tasks import report_task
from tlcore.results.robustness.out_of_distribution import (
    detection_task,
    distance_task,
    sample_copies,
)
from tlcore.results.score.analysis_task import analysis_task
from tlcore.results.score.predictions import read_predictions
from tlcore.workspace import Workspace
from tlcore.workspace.paths import Layout
from tlcore.workspace.pictures import Pictures


def never() -> bool:
    return False


@pytest.fixture(scope="module")
def run(scored_run: ScoredRun) -> ScoredRun:
    result_of(analysis_task(scored_run.payload, never))
    return scored_run


@pytest.mark.slow
def test_leaves_are_strange_to_who_knows_noise(run: ScoredRun) -> None:
    reply = result_of(detection_task({**run.payload, "sample": "leaves"}, never))
    assert reply["total"] == 60 == len(reply["pictures"])
    assert reply["distance"]["auroc"] > 0.95 and reply["distance"]["declined"] > 0.8
    far = [picture["distance"] for picture in reply["pictures"]]
    assert far == sorted(far) and {picture["place"] for picture in reply["pictures"]} == set(
        range(60)
    )
    assert reply["clouds"]["auroc"] > 0.95
    for name in ("energy", "confidence"):
        assert 0 <= reply[name]["auroc"] <= 1


def test_its_own_pictures_are_not_strange(run: ScoredRun) -> None:
    store = Pictures(Layout(run.home).pictures)
    copies = [
        str(store.copy(prediction.picture))
        for prediction in read_predictions(run.folder).of("test")
    ]
    reply = result_of(detection_task({**run.payload, "copies": copies}, never))
    assert reply["total"] == len(copies) == 12
    for name in ("distance", "clouds", "energy", "confidence"):
        assert reply[name]["auroc"] == pytest.approx(0.5, abs=0.05)
        assert reply[name]["declined"] == pytest.approx(reply[name]["wrongly_declined"], abs=0.1)
    near = result_of(distance_task({**run.payload, "copies": copies}, never))
    assert near["limit"] == reply["limit"] and len(near["distances"]) == 12
    declined = float(np.mean(np.array(near["distances"]) > near["limit"]))
    assert declined == pytest.approx(reply["distance"]["declined"])
    assert "result" not in result_kinds(
        detection_task({**run.payload, "copies": copies}, lambda: True)
    )


def test_a_sample_gives_working_copies(tmp_path: Path) -> None:
    paths = sample_copies("digits", tmp_path)
    assert len(paths) == 60 and all(path.read_bytes().startswith(b"\xff\xd8") for path in paths)


def test_what_is_alike_lies_together_on_the_map(run: ScoredRun) -> None:
    random = np.random.default_rng(3)
    targets = np.arange(40) % 2
    rows = (random.normal(size=(40, 8)) + 8 * targets[:, None]).astype(np.float32)
    flat = places(rows)
    assert flat.shape == (40, 2) and np.abs(flat).max() == pytest.approx(1)
    near = alike(rows - rows.mean(axis=0), targets)
    assert near == {"share": 1.0, "chance": pytest.approx(19 / 39), "most": 5}
    flattened = alike(flat.astype(np.float32), targets)
    assert flattened is not None and flattened["share"] > 0.9
    payload = {"home": run.payload["home"], "run": run.payload["run"]}
    reply = result_of(map_task(payload, never))
    assert len(reply["after"]) == len(reply["examples"]) == 12 and reply["before"] is None
    assert result_kinds(map_task(payload, never)) == ["result"]


def test_labels_of_few_pictures_can_have_all_their_nearest() -> None:
    """Four pictures have three others: counted over five, even perfection would be 60 %."""
    targets = np.repeat(np.arange(5), 4)
    rows = np.eye(5, dtype=np.float32)[targets]
    assert alike(rows, targets) == {"share": 1.0, "chance": pytest.approx(3 / 19), "most": 3}
    by_chance = alike(np.random.default_rng(1).normal(size=(400, 8)), np.arange(400) % 100)
    assert by_chance is not None and abs(by_chance["share"] - by_chance["chance"]) < 0.02
    assert alike(rows, np.arange(20)) is None


def test_the_report_holds_what_was_found(run: ScoredRun) -> None:
    made = result_of(report_task({**run.payload, "name": "<My> pictures"}, never))
    assert "&lt;My&gt; pictures" in made["html"] and "<My>" not in made["html"]
    data = json.loads(made["json"])
    assert data["metrics"]["total"] == 12
    assert data["evaluation_data"]["counts"] == [
        {"label": "red", "train": 14, "validation": 6, "test": 6},
        {"label": "blue", "train": 14, "validation": 6, "test": 6},
    ]
    assert len(data["metrics"]["baselines"]) == 4


def test_the_report_of_what_came_from_elsewhere_claims_nothing(run: ScoredRun) -> None:
    workspace = Workspace.open(run.home)
    try:
        brought = "abcdef012345"
        shutil.copytree(run.folder, Layout(run.home).run(brought))
        project, recipe = run.payload["project"], run.payload["recipe"]
        workspace.runs.adopt(project, brought, "import", recipe, {})
    finally:
        workspace.close()
    made = result_of(report_task({**run.payload, "run": brought, "name": "x"}, never))
    words = json.loads(made["json"])["evaluation_data"]["scored_on"]
    assert words.startswith("12 pictures of the project") and "never saw" not in words


def test_without_details_strangers_cannot_be_told(run: ScoredRun) -> None:
    kept = run.folder / "known.npz"
    away = kept.with_name("away.npz")
    kept.rename(away)
    try:
        with pytest.raises(NotFound):
            result_of(detection_task({**run.payload, "sample": "leaves"}, never))
    finally:
        away.rename(kept)
