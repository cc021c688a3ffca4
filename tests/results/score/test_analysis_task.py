"""Details of a run: derived from one look, kept, and right."""

from __future__ import annotations

import numpy as np
import pytest

from tests.results.conftest import ScoredRun, result_kinds, result_of
from tlcore.classifier.manifest import CLASSIFIER_FOLDER, read_manifest
from tlcore.errors import NotFound
from tlcore.results.score.analysis_task import analysis_task, backbone_unchanged
from tlcore.results.score.predictions import PREDICTIONS_NAME, read_predictions
from tlcore.results.score.result_cache import DETAILS_NAME, KNOWN_NAME, read_features


def never() -> bool:
    return False


def test_everything_follows_from_one_look_and_is_kept(scored_run: ScoredRun) -> None:
    data = result_of(analysis_task(scored_run.payload, never))
    predictions = read_predictions(scored_run.folder)
    evaluation = predictions.evaluation("test")
    assert evaluation is not None
    assert (data["split"], data["right"], data["total"]) == ("test", evaluation.right, 12)
    assert data["interval"][0] <= evaluation.accuracy <= data["interval"][1]
    assert "12 pictures" in data["too_small"]
    assert [baseline["name"] for baseline in data["baselines"]] == [
        "frequent", "nearest", "prototype", "probe",
    ]  # fmt: skip
    assert data["unchanged"] and data["has_before"]
    assert len(data["known"]["examples"]) == 28 == len(set(data["known"]["pictures"]))
    assert set(data["neighbours"]) == {str(mistake.example) for mistake in evaluation.mistakes}
    for near in data["neighbours"].values():
        likeness = [neighbour["similarity"] for neighbour in near]
        assert len(near) == 4 and likeness == sorted(likeness, reverse=True)
    assert data["familiar"] is None  # twelve pictures say nothing of what is familiar
    train = read_features(scored_run.folder / KNOWN_NAME, "train", 28)
    assert train is not None and np.isfinite(train).all()
    assert (scored_run.folder / f"{DETAILS_NAME}.json").is_file()
    assert result_kinds(analysis_task(scored_run.payload, never)) == ["result"]


def test_asked_to_stop_nothing_is_kept_and_other_scores_are_derived_anew(
    scored_run: ScoredRun,
) -> None:
    (scored_run.folder / f"{DETAILS_NAME}.json").unlink(missing_ok=True)
    assert "result" not in result_kinds(analysis_task(scored_run.payload, lambda: True))
    assert not (scored_run.folder / f"{DETAILS_NAME}.json").exists()
    first = result_of(analysis_task(scored_run.payload, never))
    stored = scored_run.folder / PREDICTIONS_NAME
    stored.write_text(stored.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "progress" in result_kinds(analysis_task(scored_run.payload, never))
    assert result_of(analysis_task(scored_run.payload, never)) == first


def test_a_network_that_learned_is_not_what_it_was(scored_run: ScoredRun) -> None:
    manifest = read_manifest(scored_run.folder / CLASSIFIER_FOLDER)
    assert backbone_unchanged(manifest)
    for change in ({"learning": "last"}, {"learning": [False, True]}):
        other = manifest.model_copy(update={"recipe": {**manifest.recipe, **change}})
        assert not backbone_unchanged(other)
    kept = manifest.model_copy(update={"recipe": {"learning": [False, False]}})
    assert backbone_unchanged(kept)


def test_without_scores_there_is_nothing_to_derive(scored_run: ScoredRun) -> None:
    with pytest.raises((NotFound, OSError)):
        result_of(analysis_task({**scored_run.payload, "run": "0" * 12}, never))
