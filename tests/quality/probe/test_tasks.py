"""Probing and ranking on a real project, with real networks and real files."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from tests.backbones.networks import network
from tests.backbones.packages import hide_packages
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.cut.stages import stages
from tlcore.backbones.features.store import FeatureKey, FeatureStore
from tlcore.errors import WeightsUnavailable
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import from_files
from tlcore.jobs.events import Event
from tlcore.quality.features import open_backbone
from tlcore.quality.probe import tasks as probe_tasks
from tlcore.quality.probe.distance import digest_of, path_beside, summarise
from tlcore.quality.probe.measured import Ranking, StagesProbe
from tlcore.quality.probe.sample import sample
from tlcore.workspace import Workspace

NAME = "test_resnet"


def blotches(level: int, seed: int) -> bytes:
    """A PNG of blotches about a grey level, different for each seed."""
    random = np.random.default_rng([level, seed])
    coarse = random.normal(level, 30, (6, 6, 3)).clip(0, 255).astype(np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(coarse).resize((64, 64), Image.Resampling.BICUBIC).save(file, "PNG")
        return file.getvalue()


@pytest.fixture
def payload(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A project of dark and bright pictures, and a small network in the operator's folder."""
    weights = tmp_path / "weights"
    weights.mkdir()
    save_file(network(NAME)[0].state_dict(), weights / f"{NAME}.safetensors")
    monkeypatch.setenv("GRAFT_WEIGHTS", str(weights))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    workspace = Workspace.open(home)
    project = workspace.projects.create("Day and night")
    for label, level in (("dark", 60), ("bright", 190)):
        files = [(f"{label} {number}.png", blotches(level, number)) for number in range(14)]
        ingest(workspace, project.id, from_files(files, label=label))
    workspace.close()
    return {"home": str(home), "project": project.id, "backbone": NAME}


def run(task: Callable[..., Iterator[Event]], payload: dict[str, Any]) -> list[Event]:
    """All events of a task, each as it comes through a pipe."""
    return [Event.from_json(event.to_json()) for event in task(payload, lambda: False)]


def test_the_stages_are_probed_in_one_pass(payload: dict[str, Any], home: Path) -> None:
    events = run(probe_tasks.stages_probe_task, payload)
    probe = StagesProbe.from_json(events[-1].data)
    assert probe.labels == 2 and probe.pictures == probe.training + probe.checking
    assert all(0 <= stage.accuracy <= 1 and stage.seconds > 0 for stage in probe.stages)
    assert max(stage.accuracy for stage in probe.stages) > 0.8
    assert probe.stages[probe.best].accuracy - probe.last.accuracy == pytest.approx(probe.gain)
    assert probe.distance is None
    looked = [e.data for e in events if e.kind == "progress" and e.data["total"] == probe.pictures]
    assert looked[-1]["done"] == probe.pictures
    again = run(probe_tasks.stages_probe_task, payload)
    assert StagesProbe.from_json(again[-1].data).stages[0].accuracy == probe.stages[0].accuracy
    assert not [e for e in again if e.data.get("total") == probe.pictures], "looked at again"


def test_a_training_of_the_head_finds_what_the_probe_kept(
    payload: dict[str, Any], home: Path
) -> None:
    run(probe_tasks.stages_probe_task, payload)
    workspace = Workspace.open(home)
    pictures = sample(workspace, payload["project"])
    workspace.close()
    backbone, precision = open_backbone(home, NAME)
    size, count = backbone.preprocessing.input_size, len(stages(backbone.module))
    with FeatureStore(home / "cache" / "features").open(
        FeatureKey(backbone.fingerprint, count, "plain", size, precision)
    ) as shelf:
        assert not shelf.missing(pictures.hashes)


def test_the_distance_is_told_where_the_source_is_known(
    payload: dict[str, Any], home: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    backbone, _ = open_backbone(home, NAME)
    features = random.normal(size=(60, backbone.features)).astype(np.float32)
    known = summarise(
        features, np.arange(60) % 6, tuple("abcdef"), source="noise",
        fingerprint=digest_of(tmp_path / "weights" / f"{NAME}.safetensors"),
    )  # fmt: skip
    known.save(path_beside(tmp_path / "weights" / f"{NAME}.safetensors"))
    probe = StagesProbe.from_json(run(probe_tasks.stages_probe_task, payload)[-1].data)
    assert probe.distance is not None
    assert probe.distance.source == "noise" and len(probe.distance.nearest) == 2


def test_backbones_are_ranked_and_failures_named(
    payload: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_packages(monkeypatch)
    damaged = tmp_path / "weights" / "test_vit.safetensors"
    save_file({"nothing": torch.zeros(1)}, damaged)
    events = run(probe_tasks.ranking_task, payload)
    ranking = Ranking.from_json(events[-1].data)
    assert {backbone.name for backbone in ranking.ranked} == {NAME, DEFAULT_BACKBONE}
    assert ranking.ranked[0].accuracy >= ranking.ranked[1].accuracy
    assert 1 <= ranking.level <= 2
    assert all(
        backbone.seconds > 0 and math.isfinite(backbone.logme) for backbone in ranking.ranked
    )
    assert [title for title, _ in ranking.failed] == ["test_vit"]
    progress = [event.data for event in events if event.kind == "progress"]
    assert all(data["done"] <= data["total"] == 300 for data in progress)
    assert [data["done"] for data in progress] == sorted(data["done"] for data in progress)


def test_weights_that_are_not_here_are_said_so(payload: dict[str, Any]) -> None:
    with pytest.raises(WeightsUnavailable):
        run(probe_tasks.stages_probe_task, {**payload, "backbone": "resnet18.a1_in1k"})


def test_it_can_be_stopped(payload: dict[str, Any]) -> None:
    events = list(probe_tasks.stages_probe_task(payload, lambda: True))
    assert not [event for event in events if event.kind == "result"]
