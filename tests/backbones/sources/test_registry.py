"""Which names are known, and where their weights lie."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import timm
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from tlcore.backbones.catalog.catalog import search_names
from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.sources.base import WeightsRecord
from tlcore.backbones.sources.folder import FolderSource
from tlcore.backbones.sources.registry import find, ready_names
from tlcore.errors import UnknownModel, WeightsUnavailable


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of weights with one file in it."""
    place = tmp_path / "weights"
    place.mkdir()
    monkeypatch.setenv("GRAFT_WEIGHTS", str(place))
    save_file(timm.create_model("test_resnet").state_dict(), place / "test_resnet.safetensors")
    return place


@pytest.mark.parametrize(
    "name",
    ["hf-hub:timm/resnet18", "local-dir:/etc", "../resnet18", "timm\\resnet18", "C:\\x", "/", ":"],
)
def test_names_that_timm_would_follow_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(UnknownModel):
        find(name)


@given(st.text(max_size=40))
def test_any_text_is_either_a_plain_known_name_or_refused(text: str) -> None:
    try:
        record = find(text)
    except UnknownModel:
        return
    assert not set(record.timm_name) & set(":/\\")
    assert timm.is_model(record.architecture)


def test_a_misspelt_name_gets_a_suggestion() -> None:
    with pytest.raises(UnknownModel) as error:
        find("mobilenetv3_smal_100.lamb_in1k")
    assert "mobilenetv3_small_100.lamb_in1k" in error.value.remedy


@pytest.mark.parametrize("name", ["resnet18.nope", "resnet18.", ".a1_in1k", "resnet18 ", ""])
def test_a_name_that_is_nearly_right_is_still_wrong(name: str) -> None:
    with pytest.raises(UnknownModel):
        find(name)


def test_an_architecture_alone_means_its_first_pretrained_weights() -> None:
    assert find("resnet18").name == "resnet18.a1_in1k"


def test_what_is_bundled_is_ready_and_comes_first() -> None:
    assert ready_names()[0] == DEFAULT_BACKBONE
    record = find(DEFAULT_BACKBONE)
    assert record.path is not None and record.source == "bundled"


def test_what_lies_in_the_folder_of_weights_is_ready(folder: Path) -> None:
    path = folder / "test_resnet.safetensors"
    assert find("test_resnet") == WeightsRecord("test_resnet", "test_resnet", "local", path=path)
    assert "test_resnet" in ready_names()


def test_files_that_are_no_models_are_left_alone(folder: Path) -> None:
    (folder / "holiday.safetensors").write_bytes(b"")
    (folder / "resnet18.nope.pth").write_bytes(b"")
    (folder / "test_vit.txt").write_bytes(b"")
    assert FolderSource().names() == ["test_resnet"]


def test_a_note_beside_the_weights_overrides_what_timm_says(folder: Path) -> None:
    note = {"timm": "test_resnet", "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "input": 96,
            "model_args": {"stem_width": 16}, "num_classes": 7, "licence": "ours"}  # fmt: skip
    save_file({}, folder / "my_net.safetensors")
    (folder / "weights.json").write_text(json.dumps({"my_net": note}), encoding="utf-8")
    record = find("my_net")
    assert record.architecture == "test_resnet"
    assert record.note is not None
    assert record.note.overlay == {
        "mean": (0.1, 0.2, 0.3),
        "std": (0.4, 0.5, 0.6),
        "input_size": (3, 96, 96),
    }
    assert record.note.model_args == {"stem_width": 16}


@pytest.mark.parametrize("text", ["{", "[]", '{"test_resnet": 3}', '{"test_resnet": {"mean": 1}}'])
def test_a_damaged_note_is_told_of(folder: Path, text: str) -> None:
    (folder / "weights.json").write_text(text, encoding="utf-8")
    with pytest.raises(WeightsUnavailable, match=r"weights\.json"):
        FolderSource().names()


def test_a_folder_that_is_not_there_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_WEIGHTS", "nowhere/at/all")
    assert FolderSource().names() == []


def test_search_finds_all_words_and_ready_ones_first(folder: Path) -> None:
    assert search_names("test resnet", 10)[0] == "test_resnet"
    assert search_names("VIT small DINOv2", 50)[0] == "vit_small_patch14_dinov2.lvd142m"
    assert len(search_names("resnet", 5)) == 5
    assert search_names("no such thing", 5) == []
