"""Downloads from a real server on loopback; without one, a quick and clear answer."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save

from tests.backbones.hub import serve_hub
from tlcore.backbones.catalog.catalog import card, catalog
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.sources.base import FetchStopped
from tlcore.backbones.sources.registry import fetch, find
from tlcore.backbones.weights import load_backbone
from tlcore.errors import UnknownModel, WeightsUnavailable

NAME = "test_resnet.r160_in1k"
PATH = f"timm/{NAME}/model.safetensors"


def published() -> tuple[torch.nn.Module, bytes]:
    """A whole network as timm publishes it, classifier and all, and its file."""
    torch.manual_seed(0)
    module = timm.create_model("test_resnet")
    return module, save(module.state_dict())


def test_weights_are_fetched_once_with_progress_and_are_ready_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module, content = published()
    progress: list[tuple[int, int]] = []
    with serve_hub({PATH: content}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        assert find(NAME).path is None and not card(NAME).ready
        record = fetch(NAME, lambda done, total: progress.append((done, total)))
        assert record.source == "hub"
        assert record.path is not None and record.path.read_bytes() == content
    assert progress[0] == (0, len(content)) and progress[-1] == (len(content), len(content))
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    requests = len(hub.requests)
    assert fetch(NAME) == record and len(hub.requests) == requests  # the hub is gone, not missed
    assert card(NAME).ready and card(NAME).source == "hub"
    assert NAME in [ready.name for ready in catalog(offline=True)]
    backbone = load_backbone(NAME)
    assert torch.equal(backbone.module.conv1[0].weight, module.conv1[0].weight)
    assert backbone.module(torch.rand(1, 3, 64, 64)).shape == (1, backbone.features)


def test_an_older_file_of_weights_is_taken_where_there_is_no_newer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module, _ = published()
    torch.save(module.state_dict(), tmp_path / "weights.bin")
    content = (tmp_path / "weights.bin").read_bytes()
    with serve_hub({f"timm/{NAME}/pytorch_model.bin": content}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        fetch(NAME)
    assert torch.equal(load_backbone(NAME).module.conv1[0].weight, module.conv1[0].weight)


def test_a_hub_without_the_weights_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_hub({}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        with pytest.raises(WeightsUnavailable, match="no file of weights") as error:
            fetch(NAME)
    assert DEFAULT_BACKBONE in error.value.remedy


def test_without_internet_the_answer_is_quick_and_names_what_is_ready() -> None:
    began = time.monotonic()
    with pytest.raises(WeightsUnavailable, match=NAME) as error:
        fetch(NAME)
    assert time.monotonic() - began < 10
    assert DEFAULT_BACKBONE in error.value.remedy


def test_a_hub_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlcore.backbones.sources.hub.PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        with pytest.raises(WeightsUnavailable):
            fetch(NAME)
    assert time.monotonic() - began < 10


def test_a_download_can_be_stopped_and_leaves_nothing_that_looks_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(done: int, total: int) -> None:
        if done:
            raise FetchStopped

    with serve_hub({PATH: published()[1]}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        with pytest.raises(FetchStopped):
            fetch(NAME, stop)
        assert find(NAME).path is None
        assert fetch(NAME).source == "hub"


def test_unknown_names_never_reach_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_hub({PATH: published()[1]}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        for name in (f"hf-hub:timm/{NAME}", f"timm/{NAME}", "no_such_net"):
            with pytest.raises(UnknownModel):
                fetch(name)
    assert hub.requests == []


def test_what_is_bundled_needs_no_hub() -> None:
    assert fetch(DEFAULT_BACKBONE).source == "bundled"
