"""The contract of every source of weights: names, find, locate, fetch, and no network unasked."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import timm
from safetensors.torch import save, save_file

from tests.backbones.hub import serve_hub
from tests.backbones.packages import made_up_package
from tlcore.backbones.sources import registry
from tlcore.backbones.sources.base import FetchFailed, WeightsSource
from tlcore.backbones.sources.bundled import BundledSource
from tlcore.backbones.sources.folder import FolderSource
from tlcore.backbones.sources.hub import HubSource
from tlcore.backbones.sources.package import PackageSource
from tlcore.errors import UnknownModel

CASES = ("bundled", "package", "local", "hub")  # in order of preference
HUB_NAME = "test_resnet.r160_in1k"
HUB_PATH = f"timm/{HUB_NAME}/model.safetensors"


@dataclass(frozen=True)
class Case:
    """A source, one name that it offers, and what takes the file of that name away."""

    source: WeightsSource
    name: str
    lose: Callable[[], object]


def weights() -> bytes:
    return save(timm.create_model("test_resnet").state_dict())


@pytest.fixture
def bundled(tmp_path: Path) -> Case:
    folder = tmp_path / "bundled"
    folder.mkdir()
    (folder / "ours.safetensors").write_bytes(weights())
    (folder / "ours.json").write_text('{"timm": "test_resnet", "licence": "CC0"}')
    return Case(BundledSource(folder), "ours", (folder / "ours.safetensors").unlink)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    made_up = made_up_package(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    file = tmp_path / "site" / made_up.module / made_up.file
    return Case(PackageSource([made_up]), made_up.name, file.unlink)


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setenv("GRAFT_WEIGHTS", str(folder))
    save_file(timm.create_model("test_resnet").state_dict(), folder / "test_resnet.safetensors")
    return Case(FolderSource(), "test_resnet", (folder / "test_resnet.safetensors").unlink)


@pytest.fixture
def hub(empty_hub: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """The real registry of timm's names, and one of them in the cache."""
    with serve_hub({HUB_PATH: weights()}) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        registry.fetch(HUB_NAME)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    def lose() -> None:
        for path in (*empty_hub.rglob("*.safetensors"), *empty_hub.rglob("blobs/*")):
            path.unlink()

    return Case(HubSource(), HUB_NAME, lose)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def no_network(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the case is made, every attempt to reach another computer fails the test."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_every_source_has_a_case() -> None:
    assert tuple(source.name for source in registry.SOURCES) == CASES


@pytest.mark.usefixtures("no_network")
def test_what_a_source_offers_can_be_found_and_located(case: Case) -> None:
    names = case.source.names()
    assert case.name in names and len(set(names)) == len(names)
    assert case.source.ready() == [case.name]
    record = case.source.find(case.name)
    assert record is not None
    assert (record.name, record.source) == (case.name, case.source.name)
    assert timm.is_model(record.architecture)
    located = case.source.locate(record)
    assert located.path is not None and located.path.read_bytes()
    assert case.source.locate(located) == located
    assert not case.source.faults()


@pytest.mark.usefixtures("no_network")
def test_fetching_what_is_there_does_nothing(case: Case) -> None:
    record = case.source.find(case.name)
    assert record is not None
    calls: list[tuple[int, int]] = []
    fetched = case.source.fetch(record, lambda done, total: calls.append((done, total)))
    assert fetched == case.source.locate(record)
    assert calls == []


def test_a_file_that_is_gone_is_not_located_and_fetching_it_says_why(case: Case) -> None:
    record = case.source.find(case.name)
    assert record is not None
    record = case.source.locate(record)
    case.lose()
    assert case.source.locate(record).path is None
    assert case.source.ready() == []
    with pytest.raises(FetchFailed) as error:
        case.source.fetch(record)
    assert str(error.value) and error.value.remedy and not error.value.remedy.endswith(".")
    assert case.source.remedy(record)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", ["no_such_net", "", "resnet18.nope", "../ours"])
def test_an_unknown_name_is_unknown_everywhere_and_gives_one_error(case: Case, name: str) -> None:
    assert case.source.find(name) is None
    for verb in (registry.find, registry.fetch):
        with pytest.raises(UnknownModel) as error:
            verb(name)
        assert error.value.remedy
