"""Forecast, map and grouping as tasks: their form, their words, and no test picture in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.changes import change
from tests.quality.drawn import LABELS, draw, jpeg
from tlcore.errors import GraftError
from tlcore.images.intake.ingest import ingest
from tlcore.images.intake.sources import Source
from tlcore.quality.tasks import forecast_task, grouping_task, map_task
from tlcore.workspace import Workspace
from tlcore.workspace.examples.changes import Group
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
    reply = ask(forecast_task, clinic.payload)
    learned = [example for example in clinic.pictures.labelled if example.split is not Split.TEST]
    assert reply["points"][-1]["pictures"] == len(learned) < len(clinic.pictures.labelled)
    assert f"{len(learned)} pictures for training and validation" in reply["words"]
    assert len(reply["points"]) == 4 and all(
        0 <= p["low"] <= p["high"] <= 1 for p in reply["points"]
    )
    drawn = [point["accuracy"] for point in reply["curve"]]
    assert drawn == sorted(drawn) and reply["curve"][-1]["pictures"] == 4 * len(learned)
    assert {label["name"] for label in reply["labels"]} == {"rings", "stripes", "squares"}
    assert str(len(learned)) in reply["words"]


def test_a_map_comes_twice_first_quickly(clinic: Clinic) -> None:
    events = list(map_task(clinic.payload, lambda: False))
    partial = [event.data for event in events if event.kind == "partial"]
    ids = {example.id for example in clinic.pictures.examples}
    for reply in (*partial, events[-1].data):
        assert {point["example"] for point in reply["points"]} == ids
    assert [reply["method"] for reply in (*partial, events[-1].data)] == ["PCA", "t-SNE"]


def test_groups_are_compared_with_a_random_split(clinic: Clinic) -> None:
    groups = {str(example.id): f"g{example.id % 7}" for example in clinic.pictures.examples}
    reply = ask(grouping_task, {**clinic.payload, "groups": groups})
    assert reply["groups"] == 7 and reply["alone"] == []
    assert abs(reply["flatters"]) < 0.25 and "unseen" not in reply["words"]
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
    change(workspace, Group(ids[16:], "one burst"))
    payload = {"home": str(home), "project": project}
    reply = ask(forecast_task, payload)
    assert {label["name"] for label in reply["labels"]} == set(LABELS[:2])
    assert "one group: “squares”" in reply["words"]
    change(workspace, Group(ids[8:16], "another"))
    with pytest.raises(GraftError, match="not all of one recording"):
        ask(forecast_task, payload)
    workspace.close()


def test_they_end_without_a_result_when_stopped(clinic: Clinic) -> None:
    for task in (forecast_task, grouping_task, map_task):
        payload = {**clinic.payload, "by": "pattern", "pattern": "{group}#.jpg"}
        kinds = [event.kind for event in task(payload, lambda: True)]
        assert "result" not in kinds
