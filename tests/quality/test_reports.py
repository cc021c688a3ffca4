"""Forecast, map and grouping as tasks: their form, their words, and no test picture in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.quality.drawn import LABELS, draw, jpeg
from tlcore.errors import GraftError
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import Source
from tlcore.quality.tasks import forecast_task, grouping_task, map_task
from tlcore.workspace import Workspace
from tlcore.workspace.records import Split

if TYPE_CHECKING:
    from pathlib import Path

    from tests.quality.conftest import Clinic

TRAIN = Split.TRAIN


def ask(task: Any, payload: dict[str, Any]) -> dict[str, Any]:
    events = list(task(payload, lambda: False))
    assert events[-1].kind == "result"
    return dict(events[-1].data)


def test_a_forecast_says_how_many_more(clinic: Clinic) -> None:
    told = ask(forecast_task, clinic.payload)
    learned = [one for one in clinic.pictures.labelled if one.split is not Split.TEST]
    assert told["points"][-1]["pictures"] == len(learned) < len(clinic.pictures.labelled)
    assert f"{len(learned)} pictures for training and validation" in told["words"]
    assert len(told["points"]) == 4 and all(0 <= p["low"] <= p["high"] <= 1 for p in told["points"])
    drawn = [point["accuracy"] for point in told["curve"]]
    assert drawn == sorted(drawn) and told["curve"][-1]["pictures"] == 4 * len(learned)
    assert {one["name"] for one in told["labels"]} == {"rings", "stripes", "squares"}
    assert str(len(learned)) in told["words"]


def test_a_map_comes_twice_first_quickly(clinic: Clinic) -> None:
    events = list(map_task(clinic.payload, lambda: False))
    partial = [event.data for event in events if event.kind == "partial"]
    ids = {one.id for one in clinic.pictures.examples}
    for told in (*partial, events[-1].data):
        assert {point["example"] for point in told["points"]} == ids
    assert [told["method"] for told in (*partial, events[-1].data)] == ["PCA", "t-SNE"]


def test_groups_are_compared_with_a_random_split(clinic: Clinic) -> None:
    groups = {str(one.id): f"g{one.id % 7}" for one in clinic.pictures.examples}
    told = ask(grouping_task, {**clinic.payload, "groups": groups})
    assert told["groups"] == 7 and told["alone"] == []
    assert abs(told["flatters"]) < 0.25 and "unseen" not in told["words"]
    with pytest.raises(GraftError, match="Where a group is a label"):  # rings1.jpg, rings2.jpg, …
        ask(grouping_task, {**clinic.payload, "by": "pattern", "pattern": "{group}#.jpg"})


def test_groups_that_are_not_there_cannot_be_compared(clinic: Clinic) -> None:
    with pytest.raises(GraftError, match="group of its own"):
        ask(grouping_task, {**clinic.payload, "by": "group"})
    with pytest.raises(GraftError, match="pattern"):
        ask(grouping_task, {**clinic.payload, "by": "pattern"})


def test_an_empty_project_is_told_what_is_missing(home: Path) -> None:
    workspace = Workspace.open(home)
    payload = {"home": str(home), "project": workspace.projects.create("Empty").id}
    workspace.close()
    for task in (forecast_task, map_task, grouping_task):
        with pytest.raises(GraftError) as refusal:
            ask(task, payload)
        assert refusal.value.remedy


def test_a_label_of_one_recording_is_left_out_of_the_forecast(home: Path) -> None:
    """None of it can be held back and still be learned: it would all be called wrong."""
    workspace = Workspace.open(home)
    project = workspace.projects.create("Bursts").id
    sources = [
        Source(f"{label}{n}.jpg", lambda label=label, n=n: jpeg(draw(label, n, 64)), label, TRAIN)
        for label in LABELS
        for n in range(8)
    ]
    ids = ingest(workspace, project, sources).ids
    workspace.examples.set_group(ids[16:], "one burst")
    payload = {"home": str(home), "project": project}
    told = ask(forecast_task, payload)
    assert {one["name"] for one in told["labels"]} == set(LABELS[:2])
    assert "one group: “squares”" in told["words"]
    workspace.examples.set_group(ids[8:16], "another")
    with pytest.raises(GraftError, match="not all of one recording"):
        ask(forecast_task, payload)
    workspace.close()


def test_they_end_without_a_result_when_stopped(clinic: Clinic) -> None:
    for task in (forecast_task, grouping_task, map_task):
        payload = {**clinic.payload, "by": "pattern", "pattern": "{group}#.jpg"}
        kinds = [event.kind for event in task(payload, lambda: True)]
        assert "result" not in kinds
