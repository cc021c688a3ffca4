"""Weights are loaded whole or refused; random ones never pass for pretrained."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from tlcore.backbones.catalog.curated import DEFAULT_BACKBONE
from tlcore.backbones.weights import load_backbone
from tlcore.backbones.weights_file import fingerprint
from tlcore.errors import WeightsUnavailable

Tensors = dict[str, Tensor]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "weights"
    place.mkdir()
    monkeypatch.setenv("GRAFT_WEIGHTS", str(place))
    return place


def original(name: str = "test_resnet", **options: object) -> nn.Module:
    """A network with a classifier and recognisable random weights."""
    torch.manual_seed(7)
    module = timm.create_model(name, **options)
    assert isinstance(module, nn.Module)
    return module


def test_the_bundled_backbone_loads_in_float32_in_evaluation_mode() -> None:
    backbone = load_backbone(DEFAULT_BACKBONE)
    assert backbone.pretrained and not backbone.module.training
    assert backbone.card.bundled and backbone.card.ready
    assert backbone.preprocessing.input_size == backbone.card.input_size
    assert {parameter.dtype for parameter in backbone.module.parameters()} == {torch.float32}
    assert backbone.module(torch.rand(2, *backbone.card.input_size)).shape == (2, backbone.features)


@pytest.mark.parametrize("form", ["safetensors", "pth", "wrapped pth", "half"])
def test_files_from_the_folder_give_the_same_features(folder: Path, form: str) -> None:
    module = original()
    tensors = module.state_dict()
    if form == "pth":
        torch.save(tensors, folder / "test_resnet.pth")
    elif form == "wrapped pth":
        wrapped = {f"module.{name}": tensor for name, tensor in tensors.items()}
        torch.save({"state_dict": wrapped, "epoch": 3}, folder / "test_resnet.pth")
    else:
        small = form == "half"
        kept = {n: t.half() if small and t.is_floating_point() else t for n, t in tensors.items()}
        save_file(kept, folder / "test_resnet.safetensors")
    backbone = load_backbone("test_resnet")
    assert backbone.card.source == "local"
    module.reset_classifier(0)
    pictures = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(
            backbone.module(pictures), module.eval()(pictures), rtol=2e-2, atol=2e-2
        )


def without(part: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {n: t for n, t in tensors.items() if not n.startswith(part)}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without("layer4"), "layer4"),
        (without("conv1"), "conv1"),
        (lambda tensors: {}, "missing"),
        (lambda tensors: {n: t for n, t in tensors.items() if "weight" not in n}, "weight"),
        (lambda tensors: tensors | {"conv1.0.weight": torch.zeros(1, 1, 1, 1)}, "shape"),
        (lambda tensors: {f"other.{n}": t for n, t in tensors.items()}, "missing"),
    ],
)
def test_a_file_that_does_not_hold_the_whole_backbone_is_refused(
    folder: Path, spoil: Callable[[Tensors], Tensors], words: str
) -> None:
    save_file(spoil(original().state_dict()), folder / "test_resnet.safetensors")
    with pytest.raises(WeightsUnavailable, match=words):
        load_backbone("test_resnet")


def test_a_file_that_is_no_file_of_weights_is_refused(folder: Path) -> None:
    (folder / "test_resnet.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(WeightsUnavailable, match="cannot be read"):
        load_backbone("test_resnet")


class Trap:
    """A pickle that would write a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    "write", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing, 2))]
)
def test_a_pickle_is_never_run(
    folder: Path, tmp_path: Path, write: Callable[[object, Path], object]
) -> None:
    sprung = tmp_path / "sprung"
    write({"state_dict": original().state_dict(), "x": Trap(sprung)}, folder / "test_resnet.pth")
    with pytest.raises(WeightsUnavailable, match="cannot be read"):
        load_backbone("test_resnet")
    assert not sprung.exists()


def test_weights_for_another_picture_size_are_fitted(folder: Path) -> None:
    """A transformer's table of places is stretched; all else is taken as it is."""
    module = original("test_vit", img_size=64)
    save_file(module.state_dict(), folder / "test_vit.safetensors")
    note = {"test_vit": {"timm": "test_vit", "input": 96, "model_args": {"img_size": 96}}}
    (folder / "weights.json").write_text(json.dumps(note), encoding="utf-8")
    backbone = load_backbone("test_vit")
    assert backbone.module.pos_embed.shape[1] == 37
    assert torch.equal(backbone.module.cls_token, module.cls_token)
    assert torch.equal(backbone.module.blocks[3].mlp.fc1.weight, module.blocks[3].mlp.fc1.weight)
    assert backbone.preprocessing.input_size == (3, 96, 96)


def test_a_fitted_file_with_a_hole_is_refused_too(folder: Path) -> None:
    tensors = original("test_vit", img_size=64).state_dict()
    save_file(without("blocks.3.mlp")(tensors), folder / "test_vit.safetensors")
    note = {"test_vit": {"timm": "test_vit", "input": 96, "model_args": {"img_size": 96}}}
    (folder / "weights.json").write_text(json.dumps(note), encoding="utf-8")
    with pytest.raises(WeightsUnavailable, match=r"blocks\.3\.mlp"):
        load_backbone("test_vit")


def test_the_note_decides_on_mean_and_size(folder: Path) -> None:
    save_file(original().state_dict(), folder / "test_resnet.safetensors")
    note = {"timm": "test_resnet", "mean": [0.1, 0.2, 0.3], "input": 96, "num_classes": 1000}
    (folder / "weights.json").write_text(json.dumps({"test_resnet": note}), encoding="utf-8")
    preprocessing = load_backbone("test_resnet").preprocessing
    assert preprocessing.mean == (0.1, 0.2, 0.3)
    assert preprocessing.input_size == (3, 96, 96)


def test_what_is_not_here_is_told_of_with_what_is() -> None:
    with pytest.raises(WeightsUnavailable, match=r"resnet18\.a1_in1k") as error:
        load_backbone("resnet18.a1_in1k")
    assert DEFAULT_BACKBONE in error.value.remedy


def test_random_weights_are_marked_and_follow_the_seed() -> None:
    torch.manual_seed(1)
    first = load_backbone("test_resnet.r160_in1k", pretrained=False)
    torch.manual_seed(1)
    again = load_backbone("test_resnet.r160_in1k", pretrained=False)
    other = load_backbone("test_resnet.r160_in1k", pretrained=False)
    assert not first.pretrained
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_options_are_used_where_the_architecture_has_them() -> None:
    dropping = load_backbone("test_vit.r160_in1k", pretrained=False, drop_path=0.3).module
    assert dropping.blocks[-1].drop_path1.drop_prob == pytest.approx(0.3)
    options = {"drop_path": 0.3, "drop_rate": 0.2}
    plain = load_backbone("densenet121.ra_in1k", pretrained=False, **options).module
    assert plain.head_drop.p == 0.2


def test_a_fingerprint_sees_every_number() -> None:
    module = original()
    before = fingerprint(module)
    with torch.no_grad():
        module.layer4[0].bn1.running_mean[0] += 1e-6
    assert fingerprint(module) != before


def test_a_fingerprint_sees_how_features_are_pooled() -> None:
    options = {"pretrained": False, "num_classes": 0}
    mean, both = (timm.create_model("test_resnet", **options, global_pool=pool)
                  for pool in ("avg", "catavgmax"))  # fmt: skip
    both.load_state_dict(mean.state_dict())
    assert fingerprint(mean) != fingerprint(both)


def test_dinov2_looks_at_smaller_pictures() -> None:
    backbone = load_backbone("vit_small_patch14_dinov2.lvd142m", pretrained=False)
    assert backbone.preprocessing.input_size == backbone.card.input_size == (3, 224, 224)


@pytest.mark.parametrize("name", ["mobilenetv1_100", "mobilenetv2_035", "mobilenetv2_100"])
def test_genuine_weights_load(shared: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if not (shared / "weights").is_dir():
        pytest.skip("no genuine weights beside this checkout")
    monkeypatch.setenv("GRAFT_WEIGHTS", str(shared / "weights"))
    backbone = load_backbone(name)
    assert backbone.preprocessing.mean == (0.485, 0.456, 0.406)
    with torch.inference_mode():
        features = backbone.module(torch.rand(2, 3, 224, 224))
    assert features.isfinite().all() and features.std() > 0
