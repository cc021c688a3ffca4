"""What a worker computes about backbones, called as the worker calls it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import timm
from safetensors.torch import save

from tests.backbones.hub import serve_hub
from tlcore.backbones import tasks
from tlcore.backbones.catalog.card import BackboneCard
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.errors import UnknownModel, WeightsUnavailable
from tlcore.jobs.events import Event

NAME = "test_resnet.r160_in1k"


def run(task: Any, payload: dict[str, Any]) -> list[Event]:
    """All events of a task, each as it comes through a pipe."""
    return [Event.from_json(event.to_json()) for event in task(payload, lambda: False)]


def reply_of(task: Any, payload: dict[str, Any]) -> dict[str, Any]:
    events = run(task, payload)
    assert events[-1].kind == "result"
    return events[-1].data


def test_lists_and_cards() -> None:
    cards = reply_of(tasks.catalog_task, {})["cards"]
    assert BackboneCard.model_validate(cards[0]).bundled
    assert len(reply_of(tasks.catalog_task, {"offline": True})["cards"]) == 1
    assert len(reply_of(tasks.search_task, {"text": "resnet", "limit": 2})["cards"]) == 2
    assert reply_of(tasks.card_task, {"name": NAME})["card"]["name"] == NAME
    with pytest.raises(UnknownModel):
        run(tasks.card_task, {"name": "nothing/here"})


def test_stages_of_a_network_that_is_not_downloaded() -> None:
    reply = reply_of(tasks.stages_task, {"backbone": "vit_small_patch14_dinov2.lvd142m"})
    assert reply["features"] == 384 and reply["input_size"] == [3, 224, 224]
    assert reply["stages"][0]["name"] == "edges"
    card = reply_of(tasks.card_task, {"name": "vit_small_patch14_dinov2.lvd142m"})["card"]
    assert sum(stage["parameters"] for stage in reply["stages"]) == card["parameters"]


def test_speed_is_measured_and_needs_weights(tmp_path: object) -> None:
    reply = reply_of(tasks.speed_task, {"name": DEFAULT_BACKBONE, "home": str(tmp_path)})
    assert 0 < reply["seconds_per_picture"] < 10
    assert reply["precision"] in ("float32", "bfloat16")
    with pytest.raises(WeightsUnavailable):
        run(tasks.speed_task, {"name": NAME})


def test_a_download_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    content = save(timm.create_model("test_resnet").state_dict())
    with serve_hub({f"timm/{NAME}/model.safetensors": content}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        events = run(tasks.fetch_task, {"name": NAME})
    assert events[-1].data["name"] == NAME
    progress = [event.data for event in events if event.kind == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == len(content)
    assert json.dumps(progress)
    assert reply_of(tasks.card_task, {"name": NAME})["card"]["ready"]


def test_a_download_that_fails_says_why() -> None:
    with pytest.raises(WeightsUnavailable):
        run(tasks.fetch_task, {"name": NAME})


def test_a_download_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    content = save(timm.create_model("test_resnet").state_dict())
    with serve_hub({f"timm/{NAME}/model.safetensors": content}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        last = list(tasks.fetch_task({"name": NAME}, lambda: True))[-1]
    assert last.data["stopped"]
