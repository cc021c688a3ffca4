"""BatchNorm statistics: when they move by themselves, and what is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch

from tlcore.backbones.batchnorm import batch_norm_kind
from tlcore.backbones.weights import load_backbone
from tlcore.training.recipe.batchnorm_mode import SMALLEST_BATCH, choose_batchnorm_mode
from tlcore.training.recipe.recipe import Recipe


@pytest.mark.parametrize(
    ("settings", "kind", "moving"),
    [
        ({"batch_size": SMALLEST_BATCH}, "real", True),
        ({"batch_size": SMALLEST_BATCH - 1}, "real", False),
        ({"batch_size": 64}, "folded", False),
        ({"batch_size": 64}, "none", False),
        ({"batch_size": 4, "moving_statistics": True}, "real", True),
        ({"batch_size": 64, "moving_statistics": False}, "real", False),
        ({"batch_size": 4, "pretrained": False}, "folded", True),
    ],
)
def test_what_moves(settings: dict[str, object], kind: str, moving: bool) -> None:
    choice = choose_batchnorm_mode(Recipe.read({"backbone": "a", **settings}), kind)  # type: ignore[arg-type]
    assert choice.moving == moving
    assert choice.words.endswith(".")


def test_what_a_backbone_has() -> None:
    resnet = timm.create_model("test_resnet", num_classes=0)
    assert batch_norm_kind(resnet) == "folded"  # never trained: mean 0, variance 1
    with torch.no_grad():
        resnet.train()(torch.randn(4, 3, 64, 64))
    assert batch_norm_kind(resnet) == "real"
    assert batch_norm_kind(timm.create_model("test_vit", num_classes=0)) == "none"


@pytest.mark.parametrize(("mean", "added"), [(0.0, 1e-5), (0.7, 1e-3)])
def test_folded_weights_are_known_by_their_variances(mean: float, added: float) -> None:
    """Who folds so that variance and what is added to it make 1 leaves a little less than 1."""
    resnet = timm.create_model("test_resnet", num_classes=0)
    for name, values in resnet.named_buffers():
        values.fill_(1 - added if "var" in name else mean)
    assert batch_norm_kind(resnet) == "folded"


@pytest.mark.parametrize("name", ["mobilenetv1_100", "mobilenetv2_100"])
def test_genuine_weights_that_were_folded_are_known(
    name: str, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_WEIGHTS", str(shared / "weights"))
    assert batch_norm_kind(load_backbone(name).module) == "folded"
